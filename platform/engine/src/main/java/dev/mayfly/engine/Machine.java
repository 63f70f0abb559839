package dev.mayfly.engine;

/** What this machine has left for further instances. */
@FunctionalInterface
interface Machine {
    /** As lately as is cheap to know. Never blocks. */
    Room room();

    /**
     * Whether {@link #room} is good enough to decide by; where not it is looked at again, and then {@code then} is run on another thread. Never
     * blocks.
     */
    default boolean fresh(Runnable then) {
        return true;
    }

    /** What was known is so no longer. */
    default void changed() {}

    /**
     * @param processors that have nothing to do
     * @param memory bytes that can be had without swapping, beyond what is to stay free; less than 0: too little stays
     */
    record Room(double processors, long memory) {
        /** Where nothing is known, nothing is held back. */
        static final Room UNKNOWN = new Room(Double.POSITIVE_INFINITY, Long.MAX_VALUE);
    }
}
