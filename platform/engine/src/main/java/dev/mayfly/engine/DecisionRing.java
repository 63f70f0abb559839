package dev.mayfly.engine;

import java.util.Arrays;

/**
 * The last decisions of one sort. Of numbers only and made as it is needed, because every function has some and every request makes one: keeping
 * one costs no object, and a full ring is {@value #MOST} × {@value #WIDTH} numbers. The pool's, under its lock.
 */
final class DecisionRing {
    static final int MOST = 16;
    /** Of what happens most often and says least. */
    static final int FEW = 4;

    private static final int FIRST = 4;
    private static final int WIDTH = 6;
    private static final long[] NONE = {};

    private final int most;
    private long[] entries = NONE;
    private Reason[] reasons = {};
    private int count;
    private int next;
    private long forgotten;

    DecisionRing() {
        this(MOST);
    }

    DecisionRing(int most) {
        this.most = most;
    }

    /** How many there were before those that are kept. */
    long forgotten() {
        return forgotten;
    }

    void add(
            long at,
            Reason reason,
            long invocation,
            long instance,
            int waiting,
            int running,
            int serving,
            int starting,
            long coldStartMicros,
            long serviceMicros,
            long waitedMicros) {
        if (count * WIDTH == entries.length && count < most) {
            int room = Math.max(FIRST, count * 2);
            entries = Arrays.copyOf(entries, room * WIDTH);
            reasons = Arrays.copyOf(reasons, room);
            next = count;
        }
        forgotten += count == most ? 1 : 0;
        int to = next * WIDTH;
        reasons[next] = reason;
        entries[to] = at;
        entries[to + 1] = invocation;
        entries[to + 2] = instance;
        entries[to + 3] =
                bits(waiting, 20) | bits(running, 16) << 20 | bits(serving, 14) << 36 | bits(starting, 14) << 50;
        entries[to + 4] = bits(coldStartMicros, 32) | bits(serviceMicros, 32) << 32;
        entries[to + 5] = waitedMicros;
        count = Math.min(most, count + 1);
        next = (next + 1) % reasons.length;
    }

    /** What does not fit is the most that does. */
    private static long bits(long value, int width) {
        return Math.clamp(value, 0, (1L << width) - 1);
    }

    private static long bits(long entry, int from, int width) {
        return entry >>> from & ((1L << width) - 1);
    }

    /**
     * Tells each of them, oldest first.
     *
     * @param only of this request; 0: of all
     */
    void each(long only, Reader reader) {
        for (int i = 0; i < count; i++) {
            int index = Math.floorMod(next - count + i, reasons.length);
            int from = index * WIDTH;
            if (only != 0 && only != entries[from + 1]) {
                continue;
            }
            long packed = entries[from + 3];
            long spans = entries[from + 4];
            reader.entry(
                    entries[from],
                    reasons[index],
                    entries[from + 1],
                    entries[from + 2],
                    new Decision.Inputs(
                            (int) bits(packed, 0, 20),
                            (int) bits(packed, 20, 16),
                            (int) bits(packed, 36, 14),
                            (int) bits(packed, 50, 14),
                            bits(spans, 0, 32),
                            bits(spans, 32, 32),
                            entries[from + 5]));
        }
    }

    /** Takes one decision of a ring. */
    @FunctionalInterface
    interface Reader {
        /**
         * @param at nanoseconds of the {@link Ticker}
         * @param invocation its number; 0: none
         * @param instance its number; 0: none
         */
        void entry(long at, Reason reason, long invocation, long instance, Decision.Inputs inputs);
    }
}
