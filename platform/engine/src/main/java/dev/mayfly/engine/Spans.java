package dev.mayfly.engine;

/**
 * Counts of spans by their length, four buckets to each doubling, from a quarter of a millisecond to a minute: what is read from them is right within an
 * eighth.
 */
final class Spans {
    private static final int SHORTEST_BITS = 8;
    private static final int DOUBLINGS = 18;
    private static final int PARTS = 4;

    /** The first is for all that is shorter, the last for all that is longer. */
    static final int BUCKETS = 1 + DOUBLINGS * PARTS;

    private Spans() {}

    static int bucket(long micros) {
        if (micros < 1 << SHORTEST_BITS) {
            return 0;
        }
        int doubling = 63 - Long.numberOfLeadingZeros(micros);
        int part = (int) (micros >>> (doubling - 2)) & (PARTS - 1);
        return Math.min(BUCKETS - 1, 1 + (doubling - SHORTEST_BITS) * PARTS + part);
    }

    /** The middle of a bucket, in microseconds. */
    static long middle(int bucket) {
        if (bucket == 0) {
            return 1 << (SHORTEST_BITS - 1);
        }
        int doubling = SHORTEST_BITS + (bucket - 1) / PARTS;
        long width = 1L << (doubling - 2);
        return (1L << doubling) + (bucket - 1) % PARTS * width + width / 2;
    }

    /** The span that this part of them does not exceed, in microseconds; 0 where there is none. */
    static long quantile(long[] counts, double part) {
        long all = 0;
        for (long count : counts) {
            all += count;
        }
        long rank = (long) Math.ceil(part * all);
        for (int i = 0; i < counts.length && rank > 0; i++) {
            rank -= counts[i];
            if (rank <= 0) {
                return middle(i);
            }
        }
        return 0;
    }
}
