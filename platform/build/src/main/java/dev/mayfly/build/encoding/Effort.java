package dev.mayfly.build.encoding;

/**
 * How hard to try: the harder the less there is to compress, so that nobody waits for more than seconds (docs/decisions/0013).
 *
 * @param brotli quality, 0 to 11
 * @param zstd level, 1 to 22
 * @param gzip level, 1 to 9
 */
record Effort(int brotli, int zstd, int gzip) {
    private static final long LITTLE = 256L << 10;
    private static final long MUCH = 16L << 20;

    /** For so many bytes in all. */
    static Effort of(long bytes) {
        return bytes <= LITTLE ? new Effort(11, 19, 9) : bytes <= MUCH ? new Effort(9, 12, 9) : new Effort(5, 5, 6);
    }
}
