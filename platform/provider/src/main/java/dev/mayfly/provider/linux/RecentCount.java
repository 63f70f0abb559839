package dev.mayfly.provider.linux;

/** How often something happened in the last minute, to the second. Not safe for several threads. */
final class RecentCount {
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int SECONDS = 60;

    private final int[] counts = new int[SECONDS];
    private final long[] seconds = new long[SECONDS];

    void add(long nanos) {
        long second = Math.floorDiv(nanos, SECOND_NANOS);
        int place = Math.floorMod(second, SECONDS);
        if (seconds[place] != second) {
            seconds[place] = second;
            counts[place] = 0;
        }
        counts[place]++;
    }

    int last(long nanos) {
        long second = Math.floorDiv(nanos, SECOND_NANOS);
        int sum = 0;
        for (int place = 0; place < SECONDS; place++) {
            if (second - seconds[place] < SECONDS) {
                sum += counts[place];
            }
        }
        return sum;
    }
}
