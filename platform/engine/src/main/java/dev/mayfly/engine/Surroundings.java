package dev.mayfly.engine;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What a pool has around it.
 *
 * @param work runs what may block
 * @param metering the same a little later: reads counters, which may block, and writes records
 * @param perform carries out effects, without any lock
 * @param chains told which instances there are
 * @param numbers fresh instance numbers
 * @param processors of this machine
 */
record Surroundings(
        Ticker ticker,
        Timers timers,
        Executor work,
        Executor metering,
        Consumer<List<Effect>> perform,
        Books books,
        EngineSettings settings,
        CallChains chains,
        LongSupplier numbers,
        int processors,
        Headroom headroom,
        Permits permits,
        Activity activity,
        ScalingPolicy policy) {}
