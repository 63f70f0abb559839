package dev.mayfly.provider.linux;

import dev.mayfly.model.DataSize;

/**
 * How much the platform may hold ready for functions that are not called yet.
 *
 * @param workers sandboxes at most, of all runtimes together; 0: none
 * @param bytes of memory at most, for all of them together
 * @param zygotes whether processes are forked from ones that wait for that
 * @param zygoteBytes of memory at most, for all zygotes together that hold dependencies; 0: none
 */
public record Warmth(int workers, long bytes, boolean zygotes, long zygoteBytes) {
    public static final int MOST_WORKERS = 1000;

    /** Small enough to be forgotten on a laptop. */
    public static final Warmth DEFAULT = new Warmth(8, 120L << 20, true, 256L << 20);

    public Warmth {
        if (workers < 0 || workers > MOST_WORKERS) {
            throw new IllegalArgumentException("pool workers: " + workers + " (expected: 0 to " + MOST_WORKERS + ")");
        }
        if (bytes < 0 || zygoteBytes < 0) {
            throw new IllegalArgumentException(
                    "memory held ready: " + new DataSize(Math.min(bytes, zygoteBytes)) + " (expected: >= 0)");
        }
    }
}
