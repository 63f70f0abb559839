package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.Trace;
import dev.mayfly.gateway.observe.TraceIds;
import java.util.random.RandomGenerator;

/**
 * What becomes of traces.
 *
 * @param spans whether an observer makes spans, which functions are told to be part of
 * @param part of the traces that begin here, how many are recorded, from 0 to 1
 */
public record TraceRules(boolean spans, double part) {
    /** They are passed on, and none that begins here is recorded. */
    public static final TraceRules PASSED_ON = new TraceRules(false, 0);

    /** A trace that begins here. */
    public Trace begin(RandomGenerator random) {
        return new Trace(TraceIds.trace(random), "", "", random.nextDouble() < part);
    }
}
