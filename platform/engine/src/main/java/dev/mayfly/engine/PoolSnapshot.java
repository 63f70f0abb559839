package dev.mayfly.engine;

/**
 * What scaling a function depends on.
 *
 * @param waiting requests in the queue
 * @param settling slots whose response is complete and which are therefore about to be free
 * @param starting instances on their way
 * @param serving instances that take requests
 * @param concurrency requests at a time per instance
 * @param maxInstances instances at most; those that only finish what they have do not count
 * @param failing whether the last start failed
 * @param backoffNanos time until another start may be tried, after one failed; 0: now
 */
record PoolSnapshot(
        int waiting,
        int settling,
        int starting,
        int serving,
        int concurrency,
        int maxInstances,
        boolean failing,
        long backoffNanos) {
    PoolSnapshot {
        if (concurrency < 1) {
            throw new IllegalArgumentException("concurrency: " + concurrency + " (expected: >= 1)");
        }
    }
}
