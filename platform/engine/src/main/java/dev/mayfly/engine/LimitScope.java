package dev.mayfly.engine;

/** Whose requests a limit of concurrency counts together: the smallest first. */
enum LimitScope {
    FUNCTION(Reason.MOST_REQUESTS_OF_FUNCTION, Reason.OVER_LIMIT_OF_FUNCTION),
    PROJECT(Reason.MOST_REQUESTS_OF_PROJECT, Reason.OVER_LIMIT_OF_PROJECT),
    TEAM(Reason.MOST_REQUESTS_OF_TEAM, Reason.OVER_LIMIT_OF_TEAM),
    SERVER(Reason.MOST_REQUESTS_OF_SERVER, Reason.OVER_LIMIT_OF_SERVER);

    private final Reason waits;
    private final Reason refused;

    LimitScope(Reason waits, Reason refused) {
        this.waits = waits;
        this.refused = refused;
    }

    /** Why requests wait. */
    Reason waits() {
        return waits;
    }

    /** Why one was refused that had no place to wait, or waited in vain. */
    Reason refused() {
        return refused;
    }

    /**
     * A limit that is reached.
     *
     * @param most requests at once
     * @param reserved how many more are kept for functions with {@code reservedConcurrency}
     */
    record Full(LimitScope scope, int most, int reserved) {}
}
