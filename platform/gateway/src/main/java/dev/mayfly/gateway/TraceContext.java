package dev.mayfly.gateway;

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
    private static final int LENGTH = 55;

    private TraceContext() {}

    /** Puts in order what a head that goes to a function says. */
    static void complete(MultiMap headers, RandomGenerator random, boolean sampled) {
        var said = headers.getAll(PARENT);
        if (said.size() == 1 && isParent(said.getFirst())) {
            return;
        }
        headers.remove(STATE);
        headers.set(PARENT, begun(random, sampled));
    }

    /** Whether it is one of this version, or of a later one as far as this one can tell (section 4.3). */
    static boolean isParent(String value) {
        return value.length() >= LENGTH
                && value.charAt(2) == '-'
                && value.charAt(35) == '-'
                && value.charAt(52) == '-'
                && isHex(value, 0, 2)
                && isHex(value, 3, 35)
                && isHex(value, 36, 52)
                && isHex(value, 53, 55)
                && !value.startsWith("ff")
                && !isZero(value, 3, 35)
                && !isZero(value, 36, 52)
                && (value.length() == LENGTH || (!value.startsWith("00") && value.charAt(LENGTH) == '-'));
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

    private static boolean isHex(String value, int start, int end) {
        for (int i = start; i < end; i++) {
            char c = value.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isZero(String value, int start, int end) {
        for (int i = start; i < end; i++) {
            if (value.charAt(i) != '0') {
                return false;
            }
        }
        return true;
    }
}
