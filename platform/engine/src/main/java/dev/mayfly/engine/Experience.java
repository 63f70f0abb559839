package dev.mayfly.engine;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a function has shown of itself: how often it is called, how long a request and a start take, how much it computes and holds, how much was needed
 * at once, and how long was waited. The pool's, under its lock; nothing here allocates but the first peak. Spans are nanoseconds.
 */
final class Experience {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int PERIODS = 8;
    /** One request that hangs must not look like the usual. */
    private static final int MOST_GROWTH = 8;

    private final long window;
    private long second;
    private int arrivals;
    private int arrivalsBefore;
    private int most;
    private int mostBefore;

    private long service;
    private long coldStart;
    private double cpu;
    private long memory;

    private long waited;
    private long waitedAt;

    private int @Nullable [] peaks;
    private long period;

    /** @param window how far back peaks and waiting count */
    Experience(long window) {
        this.window = window;
    }

    /** @param demand requests that wait and run, this one included */
    void arrived(long now, int demand) {
        follow(now);
        arrivals++;
        most = Math.max(most, demand);
        notePeak(now, demand);
    }

    private void follow(long now) {
        long current = Math.floorDiv(now, SECOND);
        if (current != second) {
            arrivalsBefore = current == second + 1 ? arrivals : 0;
            mostBefore = current == second + 1 ? most : 0;
            arrivals = 0;
            most = 0;
            second = current;
        }
    }

    /** During the last whole second: what comes at once in this one is no rate yet. */
    double arrivalsPerSecond(long now) {
        follow(now);
        return arrivalsBefore;
    }

    /**
     * The most at once in this second and the one before.
     *
     * @param demand now
     */
    int lately(long now, int demand) {
        follow(now);
        return Math.max(demand, Math.max(most, mostBefore));
    }

    void served(long nanos) {
        long sample = Math.max(1, service == 0 ? nanos : Math.min(nanos, MOST_GROWTH * service));
        service = service == 0 ? sample : Math.max(1, service + (sample - service) / 8);
    }

    long service() {
        return service;
    }

    void started(long nanos) {
        coldStart = coldStart == 0 ? Math.max(1, nanos) : Math.max(1, coldStart + (nanos - coldStart) / 4);
        waited = 0; // what was waited until now has been answered
    }

    long coldStart() {
        return coldStart;
    }

    /**
     * @param share of a processor that a request used lately
     * @param crowded whether there were too few processors: then it would have used more
     */
    void computed(double share, boolean crowded) {
        if (share > cpu || !crowded) {
            cpu = share;
        }
    }

    double cpu() {
        return cpu;
    }

    /** An instance has used so much memory; 0: that is not known. More is believed at once, less by and by. */
    void used(long bytes) {
        if (bytes > memory) {
            memory = bytes;
        } else if (bytes > 0) {
            memory += (bytes - memory) / 8;
        }
    }

    /** Bytes that an instance uses; 0: not known yet. */
    long memory() {
        return memory;
    }

    /** A request got its slot after this. What was waited is forgotten at the rate of one start in a window. */
    void waited(long now, long nanos) {
        waited = waited(now) + nanos;
        waitedAt = now;
    }

    long waited(long now) {
        if (waited == 0) {
            return 0;
        }
        double forgotten = window == 0 ? coldStart : (double) coldStart * (now - waitedAt) / window;
        return (long) Math.max(0, waited - forgotten);
    }

    private void notePeak(long now, int demand) {
        if (window == 0) {
            return;
        }
        turnTo(now, demand);
        var known = peaks;
        if (known != null) {
            int at = Math.floorMod(period, PERIODS);
            known[at] = Math.max(known[at], demand);
        }
    }

    private void turnTo(long now, int demand) {
        long current = Math.floorDiv(now, periodLength());
        if (peaks == null) {
            peaks = new int[PERIODS];
        } else if (current - period >= PERIODS) {
            Arrays.fill(peaks, 0);
        } else {
            for (long each = period + 1; each <= current; each++) {
                peaks[Math.floorMod(each, PERIODS)] = demand;
            }
        }
        period = current;
    }

    private long periodLength() {
        return Math.max(1, window / (PERIODS - 1)); // the one that has just begun does not count for a whole one
    }

    /** @param demand now */
    int peak(long now, int demand) {
        notePeak(now, demand);
        return peaks == null ? demand : Arrays.stream(peaks).max().orElse(demand);
    }

    /** When an earlier peak may be forgotten. */
    long nextPeriod(long now) {
        return window == 0 ? Alarm.NEVER : (Math.floorDiv(now, periodLength()) + 1) * periodLength();
    }

    /** Nothing is left of the function but what it has shown. */
    void rest() {
        peaks = null;
    }
}
