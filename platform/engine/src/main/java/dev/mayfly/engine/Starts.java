package dev.mayfly.engine;

/** Starts an instance; tells its pool {@link Pool#ready} or {@link Pool#failed}, once, later. */
@FunctionalInterface
interface Starts {
    void start(Pool pool, Instance instance);

    /**
     * Ends what is held ready for starts to come, until so much memory was given back or nothing is left that may go. Blocks.
     *
     * @return bytes that were given back
     */
    default long release(long bytes) {
        return 0;
    }
}
