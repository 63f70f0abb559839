package dev.mayfly.engine;

/** What to do about the requests that wait. */
sealed interface ScaleDecision {
    /** Enough is there, or as much as is allowed. */
    record Stay() implements ScaleDecision {}

    /** @param count > 0 */
    record Start(int count, String reason) implements ScaleDecision {}

    /** Starts failed lately: ask again after this. */
    record Later(long nanos) implements ScaleDecision {}

    /** As many instances as there are requests for, counting those on their way. */
    static ScaleDecision decide(PoolSnapshot pool) {
        int unserved = pool.waiting() - pool.settling();
        int wanted = Math.ceilDiv(Math.max(0, unserved), pool.concurrency()) - pool.starting();
        int count = Math.min(wanted, pool.maxInstances() - pool.serving() - pool.starting());
        if (pool.failing()) {
            count = Math.min(count, 1 - pool.starting()); // one finds out whether it works again
        }
        if (count <= 0) {
            return new Stay();
        }
        if (pool.backoffNanos() > 0) {
            return new Later(pool.backoffNanos());
        }
        boolean first = pool.serving() + pool.starting() == 0;
        return new Start(
                count, first ? "first request" : unserved == 1 ? "1 request waited" : unserved + " requests waited");
    }
}
