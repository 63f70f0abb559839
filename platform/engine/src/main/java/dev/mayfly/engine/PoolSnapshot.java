package dev.mayfly.engine;

/** All that scaling a function depends on, at one moment. Spans are nanoseconds. */
record PoolSnapshot(Demand demand, Supply supply, Budget budget, Shown shown, Machine.Room room) {
    /**
     * What is asked for.
     *
     * @param waiting requests in the queue
     * @param longestWait how long the first of them has waited
     * @param soonFree slots whose response is complete and which are therefore about to be free
     * @param running requests that have a slot
     * @param overdue those of them that run for much longer than is usual: nobody knows when they end
     * @param arrivalsPerSecond during the last whole second
     * @param peak the most that waited and ran together within {@code idleTimeout}
     * @param waited how long requests have together waited for slots lately, see {@link Experience}
     */
    record Demand(
            int waiting,
            long longestWait,
            int soonFree,
            int running,
            int overdue,
            double arrivalsPerSecond,
            int peak,
            long waited) {}

    /**
     * What is there.
     *
     * @param starting instances on their way
     * @param stuck those of them that take much longer than is usual: nobody knows whether they will serve
     * @param serving instances that take requests; those that only finish what they have do not count
     * @param concurrency requests at a time per instance
     */
    record Supply(int starting, int stuck, int serving, int concurrency) {
        Supply {
            if (concurrency < 1) {
                throw new IllegalArgumentException("concurrency: " + concurrency + " (expected: >= 1)");
            }
        }

        /** Instances on their way that can be counted on. */
        int promised() {
            return starting - stuck;
        }
    }

    /**
     * What is allowed.
     *
     * @param failing whether the last start failed
     * @param backoff time until another start may be tried, after one failed; 0: now
     * @param memory bytes that an instance is expected to use
     * @param cpu processors that an instance can use
     */
    record Budget(int minInstances, int maxInstances, boolean failing, long backoff, long memory, double cpu) {}

    /**
     * What this function has shown so far; 0 where it has not yet.
     *
     * @param service how long a request has its slot
     * @param coldStart from the decision to start an instance until it served
     * @param cpu processors that a running request uses
     */
    record Shown(long service, long coldStart, double cpu) {
        boolean known() {
            return service > 0 && coldStart > 0;
        }
    }
}
