package dev.mayfly.engine;

/** Runs things later. */
interface Timers extends AutoCloseable {
    /** The task must not block. */
    Timer schedule(long delayNanos, Runnable task);

    @Override
    void close();

    /** Something that will run unless cancelled. */
    @FunctionalInterface
    interface Timer {
        void cancel();
    }
}
