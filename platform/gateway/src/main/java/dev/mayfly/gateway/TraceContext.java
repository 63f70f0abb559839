package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.TraceParent;
import io.vertx.core.MultiMap;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * {@code traceparent} and {@code tracestate} (W3C Trace Context, sections 3.2 and 3.3): what a client says properly goes on to the function unchanged;
 * otherwise a trace begins here. It is not this server's to say that somebody else's trace is recorded, or is not.
 */
final class TraceContext {
    private static final String PARENT = "traceparent";
    private static final String STATE = "tracestate";

    private TraceContext() {}

    /** Puts in order what a head that goes to a function says. */
    static void complete(MultiMap headers, RandomGenerator random, boolean sampled) {
        var said = headers.getAll(PARENT);
        if (said.size() == 1 && TraceParent.isValid(said.getFirst())) {
            return;
        }
        headers.remove(STATE);
        headers.set(PARENT, begun(random, sampled));
    }

    static String begun(RandomGenerator random, boolean sampled) {
        var hex = HexFormat.of();
        return "00-"
                + hex.toHexDigits(random.nextLong())
                + hex.toHexDigits(notZero(random))
                + '-'
                + hex.toHexDigits(notZero(random))
                + (sampled ? "-01" : "-00");
    }

    private static long notZero(RandomGenerator random) {
        long value = random.nextLong();
        return value == 0 ? 1 : value;
    }
}
