package dev.mayfly.engine;

/**
 * How much memory functions may have.
 *
 * @param most bytes of all instances and of what is held ready for them, together; {@link #ALL}: what the machine has
 * @param reserve bytes of the machine that are to stay free; {@link #AUTOMATIC}: a part of it
 */
public record MemorySettings(long most, long reserve) {
    public static final long ALL = Long.MAX_VALUE;
    public static final long AUTOMATIC = -1;
    public static final MemorySettings DEFAULTS = new MemorySettings(ALL, AUTOMATIC);

    private static final int PART = 20;
    private static final long MOST_AUTOMATIC = 256L << 20;

    public MemorySettings {
        if (most <= 0) {
            throw new IllegalArgumentException("memory: " + most + " (expected: > 0)");
        }
        if (reserve < AUTOMATIC) {
            throw new IllegalArgumentException("memory that stays free: " + reserve + " (expected: >= 0)");
        }
    }

    /** Whether what is used must be known. */
    boolean limited() {
        return most != ALL;
    }

    /**
     * What may still be used; below 0: too much is. {@link Long#MAX_VALUE} where nothing is known.
     *
     * @param total bytes of the machine, or of what this server may use of it
     * @param available of them
     * @param used by instances and what is held ready; less than 0: not known
     */
    long left(long total, long available, long used) {
        long free = available == Long.MAX_VALUE ? available : available - reserveOf(total);
        return limited() && used >= 0 ? Math.min(free, most - used) : free;
    }

    private long reserveOf(long total) {
        return reserve == AUTOMATIC ? Math.min(total / PART, MOST_AUTOMATIC) : reserve;
    }
}
