package dev.mayfly.engine;

import java.util.concurrent.TimeUnit;

/** How long not to start again after starts that failed: ever longer. The pool's, under its lock. */
final class Backoff {
    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int MOST_DOUBLINGS = 6;

    private int failures;
    private long until;

    Backoff(long now) {
        this.until = now;
    }

    /** Those that were started together fail as one. */
    void failed(long now) {
        if (now >= until) {
            until = now + (FIRST_NANOS << Math.min(failures++, MOST_DOUBLINGS));
        }
    }

    void succeeded() {
        failures = 0;
    }

    /** Whether the last start failed. */
    boolean failing() {
        return failures > 0;
    }

    long remaining(long now) {
        return Math.max(0, until - now);
    }
}
