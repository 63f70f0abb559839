package dev.mayfly.engine;

import java.time.Duration;

/**
 * What the operator decides for all functions.
 *
 * @param billInit whether waiting for an instance to start is billed
 * @param startTimeout how long loading a function's code may take
 * @param drainTimeout how long what runs may go on where all of a function must end, and how long an instance may take to leave by itself
 * @param startAhead how long a move of an alias may wait until what it leads to can take over from what was called until now; zero: nothing is started for it
 * @param callDepth how many calls from function to function may follow from one call; the next is refused
 * @param maxConcurrency requests that run at once, of all functions; {@link #ANY}: any number
 * @param teamConcurrency the same of each team
 */
public record EngineSettings(
        boolean billInit,
        Duration startTimeout,
        Duration drainTimeout,
        Duration startAhead,
        int callDepth,
        int maxConcurrency,
        int teamConcurrency) {
    /** No limit. */
    public static final int ANY = Integer.MAX_VALUE;

    public static final EngineSettings DEFAULTS =
            new EngineSettings(false, Duration.ofSeconds(60), Duration.ofSeconds(10), Duration.ofMillis(500), 16);

    /** Without limits of what runs at once. */
    public EngineSettings(
            boolean billInit, Duration startTimeout, Duration drainTimeout, Duration startAhead, int callDepth) {
        this(billInit, startTimeout, drainTimeout, startAhead, callDepth, ANY, ANY);
    }

    /** After this a start of which nothing was heard has failed: loading may take {@code startTimeout}, and there is work before it. */
    Duration startDeadline() {
        return startTimeout.plusSeconds(60);
    }
}
