package dev.mayfly.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What all functions did since the start: of those that are called most each for itself, of all others together.
 *
 * <p>What a function does counts either for itself or for the others, as it is when it is taken over. Nothing moves from one to the other, so no number
 * ever gets smaller: a function that makes way for a busier one keeps what it has, unseen, and goes on from there when it is named again. It is
 * forgotten when it is deployed no more.
 *
 * <p>Owner of all of it; under its own lock, which no request waits for.
 */
public final class Totals {
    /** How many are named unless somebody wants it otherwise. */
    public static final int MOST = 1_000;
    /** More would make a page that nobody reads. */
    public static final int MOST_EVER = 10_000;

    /** After so long without calls, half of how busy a function was is forgotten. */
    private static final double HALF_LIFE_SECONDS = 300;
    /** One that is to make way must be less busy than the other by this: otherwise the two would take turns. */
    private static final double MARGIN = 2;

    private final Map<ProjectFunction, Known> known = new HashMap<>();
    private final long[] others = new long[Tally.SIZE];
    private int most = MOST;
    private int named;

    private static final class Known {
        private final SparseCounts counts = new SparseCounts();
        private boolean named;
        private float busy;
        private long busyAt;

        private double busy(long second) {
            return busy * Math.pow(0.5, Math.max(0, second - busyAt) / HALF_LIFE_SECONDS);
        }
    }

    /** From now on so many are named. */
    public synchronized void name(int count) {
        most = count;
    }

    /**
     * What is counted.
     *
     * @param functions that are named
     * @param others all of the others as one
     */
    public record View(Map<ProjectFunction, Counts> functions, Counts others) {}

    /** @param second of the {@link Ticker}, now */
    synchronized void take(ProjectFunction function, Tally tally, long second) {
        var taken = tally.take();
        var of = known.computeIfAbsent(function, none -> new Known());
        long requests = 0;
        for (var ending : Tally.ENDINGS) {
            requests += taken[Tally.index(ending)];
        }
        of.busy = (float) (of.busy(second) + requests);
        of.busyAt = second;
        if (!of.named && named < most) {
            of.named = true;
            named++;
        }
        if (of.named) {
            of.counts.add(taken);
        } else {
            add(taken);
        }
    }

    /** Of whoever is not known by name. */
    synchronized void takeOthers(Tally tally) {
        add(tally.take());
    }

    private void add(long[] taken) {
        for (int i = 0; i < taken.length; i++) {
            others[i] += taken[i];
        }
    }

    synchronized View view(long second) {
        choose(second);
        var functions = new HashMap<ProjectFunction, Counts>();
        known.forEach((function, of) -> {
            if (of.named) {
                functions.put(function, new Counts(of.counts.all(Tally.SIZE)));
            }
        });
        return new View(functions, new Counts(others.clone()));
    }

    /** Lets the busiest be named. */
    private void choose(long second) {
        if (named == known.size() && named <= most) {
            return;
        }
        record Busy(Known of, double busy) {}
        var least = new ArrayList<Busy>();
        var waiting = new ArrayList<Busy>();
        known.values().forEach(of -> (of.named ? least : waiting).add(new Busy(of, of.busy(second))));
        least.sort(Comparator.comparingDouble(Busy::busy));
        waiting.sort(Comparator.comparingDouble(Busy::busy).reversed());
        int next = 0;
        for (; named > most; next++) {
            rename(least.get(next).of, false);
        }
        for (var candidate : waiting) {
            if (named >= most) {
                if (next >= least.size() || candidate.busy <= MARGIN * least.get(next).busy + 1) {
                    break;
                }
                rename(least.get(next++).of, false);
            }
            rename(candidate.of, true);
        }
    }

    private void rename(Known of, boolean to) {
        of.named = to;
        named += to ? 1 : -1;
    }

    /** Those are not deployed any more. */
    synchronized void forget(Set<ProjectFunction> gone) {
        known.keySet().removeAll(gone);
        named = (int) known.values().stream().filter(of -> of.named).count();
    }

    /** Whoever ever did anything, named or not. */
    synchronized Set<ProjectFunction> known() {
        return Set.copyOf(known.keySet());
    }

    /** All numbers of a function, or of all others. */
    public static final class Counts {
        private final long[] counts;

        private Counts(long[] counts) {
            this.counts = counts;
        }

        /** Requests that ended so: {@code ok}, {@code failed}, {@code timeout}, {@code disconnected}, {@code refused} or {@code left}. */
        public Map<String, Long> requests() {
            var requests = new LinkedHashMap<String, Long>();
            for (var ending : Tally.ENDINGS) {
                requests.put(ending.name().toLowerCase(Locale.ROOT), of(ending));
            }
            return requests;
        }

        /** How many of those ran, or waited for an instance that did not start. */
        public long ran() {
            return of(Tally.Counted.OK)
                    + of(Tally.Counted.FAILED)
                    + of(Tally.Counted.TIMEOUT)
                    + of(Tally.Counted.DISCONNECTED);
        }

        /** Whether anything was counted. */
        public boolean any() {
            return Arrays.stream(counts).anyMatch(count -> count > 0);
        }

        public long coldStarts() {
            return of(Tally.Counted.COLD);
        }

        public long queueMicros() {
            return of(Tally.Counted.QUEUE_MICROS);
        }

        public long startMicros() {
            return of(Tally.Counted.START_MICROS);
        }

        public long runMicros() {
            return of(Tally.Counted.RUN_MICROS);
        }

        public long cpuMicros() {
            return of(Tally.Counted.CPU_MICROS);
        }

        public long decisions(Reason reason) {
            return counts[Tally.index(reason)];
        }

        private long of(Tally.Counted number) {
            return counts[Tally.index(number)];
        }
    }
}
