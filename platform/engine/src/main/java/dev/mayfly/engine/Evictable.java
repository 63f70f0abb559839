package dev.mayfly.engine;

import java.util.Comparator;

/**
 * An instance that could be let go for its memory.
 *
 * @param since when it last had something to do; of one that has: since when it serves
 * @param bytes of memory that it has
 * @param coldStart nanoseconds that it would take to have it again
 */
record Evictable(Pool pool, Instance instance, long since, long bytes, long coldStart) {
    /**
     * Who goes first: those that hold much memory for long and are quick to have again. How long it has been idle stands for how long it will
     * be until it is needed. The longer one idles, the sooner it goes, whatever it costs: none is kept for ever.
     */
    static Comparator<Evictable> order(long now) {
        return Comparator.<Evictable>comparingDouble(each -> each.worth(now))
                .thenComparingLong(Evictable::since)
                .thenComparingLong(each -> each.instance.number);
    }

    /** What keeping it saves for what it takes. */
    private double worth(long now) {
        return Math.max(1, coldStart) / ((double) Math.max(1, bytes) * Math.max(1, now - since));
    }
}
