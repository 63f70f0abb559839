package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.Trace;
import dev.mayfly.gateway.observe.TraceIds;
import io.vertx.core.MultiMap;
import java.util.random.RandomGenerator;

/**
 * {@code traceparent} and {@code tracestate} (W3C Trace Context, sections 3.2 and 3.3): what a client says properly goes on to the function, unchanged
 * unless spans of the edge lie between; otherwise a trace begins here. It is not this server's to say that somebody else's trace is recorded, or is not.
 */
final class TraceContext {
    private static final String PARENT = "traceparent";
    private static final String STATE = "tracestate";

    private TraceContext() {}

    /** Puts in order what a head that goes to a function says. */
    static Trace complete(MultiMap headers, RandomGenerator random, TraceRules rules) {
        var said = headers.getAll(PARENT);
        var heard = said.size() == 1 ? Trace.read(said.getFirst()) : null;
        if (heard != null && !rules.spans()) {
            return heard;
        }
        if (heard == null) {
            headers.remove(STATE);
        }
        var trace = heard == null ? rules.begin(random) : heard;
        var calling = trace.calling(TraceIds.span(random));
        headers.set(PARENT, calling.header());
        return calling;
    }
}
