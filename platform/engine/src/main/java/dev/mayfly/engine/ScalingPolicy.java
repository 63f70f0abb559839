package dev.mayfly.engine;

/** Decides how many instances there should be, each time from one snapshot and nothing else; so it can be simulated, and compared with others. */
interface ScalingPolicy {
    /** What to do about requests that wait: never {@link ScaleDecision.Drain}. */
    ScaleDecision grow(PoolSnapshot pool);

    /** Which instances may go though they are not idle: {@link ScaleDecision.Drain} or {@link ScaleDecision.Stay}. */
    ScaleDecision shrink(PoolSnapshot pool);
}
