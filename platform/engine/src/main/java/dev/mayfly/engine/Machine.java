package dev.mayfly.engine;

/** What this machine has left for further instances. */
@FunctionalInterface
interface Machine {
    /** As lately as is cheap to know. Never blocks. */
    Room room();

    /**
     * @param processors that have nothing to do
     * @param memory bytes that can be had without swapping
     */
    record Room(double processors, long memory) {
        /** Where nothing is known, nothing is held back. */
        static final Room UNKNOWN = new Room(Double.POSITIVE_INFINITY, Long.MAX_VALUE);
    }
}
