package dev.mayfly.provider.linux;

import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The zygotes with dependencies: one for each project whose functions take long to import theirs, opened after that was seen, within a budget of
 * memory, the one unused for longest first to go. Its state is guarded by its lock; one thread of its own opens and ends them, when nobody
 * starts anything.
 */
final class DependencyZygotes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DependencyZygotes.class);

    /** What takes less is not worth a process. */
    private static final long SLOW_MICROS = 30_000;

    private static final int FEW = 2;
    private static final Duration UNUSED = Duration.ofMinutes(15);

    private static final Duration LONGEST_LIFE = Zygotes.LONGEST_LIFE;
    private static final long LOOK_MILLIS = 5_000;
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(30);
    /** Where functions are started all the time, there is no quiet to wait for. */
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Makes one that has loaded modules. */
    @FunctionalInterface
    interface Opener {
        /**
         * @throws Unfit when such a process can never be copied
         * @throws IOException when there is none now, but may be later
         */
        DependencyZygote open(Dependencies dependencies, List<String> modules) throws IOException, InterruptedException;
    }

    /** What the packages themselves do forbids it, today and tomorrow. */
    static final class Unfit extends IOException {
        private static final long serialVersionUID = 1;

        Unfit(String why) {
            super(why);
        }
    }

    private final Opener opener;
    private final long budget;
    private final Thrift thrift;
    private final LongSupplier nanos;
    /** In the order of use, the latest last. */
    private final Map<Dependencies, DependencyPlace> places = new LinkedHashMap<>(16, 0.75f, true);

    private boolean closed;
    private long lastStartNanos;
    private @Nullable Thread keeper;

    /** @param budget bytes of memory for all of them together */
    DependencyZygotes(Opener opener, long budget, Thrift thrift, LongSupplier nanos) {
        this.opener = opener;
        this.budget = budget;
        this.thrift = thrift;
        this.nanos = nanos;
        this.lastStartNanos = nanos.getAsLong() - QUIET_NANOS;
    }

    /**
     * What became of asking for one.
     *
     * @param seat a sandbox whose worker is a copy as soon as it is told its function
     * @param why there is none, where that needs a reason
     * @param patience for its loading
     */
    record Taken(Optional<LinuxInstance> seat, String why, Duration patience) {
        static Taken none(String why) {
            return new Taken(Optional.empty(), why, Duration.ZERO);
        }
    }

    synchronized Taken take(Dependencies dependencies, Candidate candidate) {
        long now = nanos.getAsLong();
        lastStartNanos = now;
        var place = places.get(dependencies);
        if (place == null) {
            return Taken.none("");
        }
        var unlike = place.ask(candidate, now);
        if (!unlike.isEmpty()) {
            return Taken.none(unlike);
        }
        if (place.zygote().isEmpty()) {
            return Taken.none(place.why());
        }
        var zygote = place.zygote().get();
        var seat = zygote.seat();
        if (zygote.left() < FEW) {
            place.want(now);
            notifyAll();
        }
        return new Taken(
                seat, seat.isPresent() ? "" : "all copies of its dependencies' zygote were taken", place.patience());
    }

    /**
     * A function that could be a copy was started: where that took long, the next need not.
     *
     * @param modules that were loaded, in the order in which they are to be
     */
    synchronized void loaded(Dependencies dependencies, Candidate candidate, long micros, List<String> modules) {
        if (micros < SLOW_MICROS || modules.isEmpty() || budget == 0 || closed) {
            return;
        }
        var known = places.get(dependencies);
        if (known != null && !known.unlike(candidate).isEmpty()) {
            return; // what it imports is of no use to it
        }
        long now = nanos.getAsLong();
        lastStartNanos = now;
        places.computeIfAbsent(dependencies, _ -> new DependencyPlace()).learn(micros, modules, now);
        if (keeper == null) {
            keeper = Thread.ofVirtual().name("dependency-zygotes").start(this::keep);
        }
        notifyAll();
    }

    /** A copy of it says that it cannot become this function: none is to be tried again. */
    synchronized void refused(Dependencies dependencies, Candidate candidate, String why) {
        var place = places.get(dependencies);
        if (place != null) {
            place.refuse(candidate, why);
        }
    }

    /** A copy of it did not come to life, and the function could be started otherwise: where that is its doing, there are to be no more. */
    void broke(Dependencies dependencies, String why) {
        DependencyZygote ended;
        synchronized (this) {
            var place = places.get(dependencies);
            if (place == null) {
                return;
            }
            ended = place.breaks(why);
        }
        LOG.warn("{}: {}", dependencies.owner(), why);
        if (ended != null) {
            ended.end();
        }
    }

    /** Ends as many as have so much memory, the one unused for longest first. How much they had. */
    long release(long bytes) {
        var going = new ArrayList<DependencyZygote>();
        long back = 0;
        synchronized (this) {
            for (var place : places.values()) {
                var zygote = place.zygote();
                if (back < bytes && zygote.isPresent()) {
                    back += zygote.get().bytes();
                    going.add(zygote.get());
                    place.retire();
                }
            }
        }
        going.forEach(DependencyZygote::end);
        return back;
    }

    // --- the thread that keeps them

    private void keep() {
        try {
            while (true) {
                var next = next();
                if (next == null) {
                    return;
                }
                open(next);
            }
        } catch (InterruptedException e) {
            LOG.debug("closing", e);
        }
    }

    /** Waits for one that is wanted; ends those that nobody uses. Null at the end. */
    private @Nullable Dependencies next() throws InterruptedException {
        while (true) {
            List<DependencyZygote> unused;
            synchronized (this) {
                if (closed) {
                    return null;
                }
                unused = forgetUnused();
                if (unused.isEmpty()) {
                    long pause = LOOK_MILLIS;
                    long now = nanos.getAsLong();
                    for (var each : places.entrySet()) {
                        var since = each.getValue().due(now, LONGEST_LIFE);
                        if (since.isPresent() && !thrift.lasts()) {
                            if (now - lastStartNanos >= QUIET_NANOS || now - since.get() >= LONGEST_WAIT_NANOS) {
                                return each.getKey();
                            }
                            pause = TimeUnit.NANOSECONDS.toMillis(QUIET_NANOS);
                        } else if (each.getValue().waits()) {
                            pause = Math.min(pause, 200);
                        }
                    }
                    wait(pause);
                }
            }
            unused.forEach(DependencyZygote::end);
        }
    }

    private List<DependencyZygote> forgetUnused() {
        var unused = new ArrayList<DependencyZygote>();
        long now = nanos.getAsLong();
        places.entrySet().removeIf(each -> {
            var place = each.getValue();
            if (place.unusedFor(UNUSED, now)) {
                Optional.ofNullable(place.retire()).ifPresent(unused::add);
            }
            return place.forgottenFor(UNUSED, now);
        });
        return unused;
    }

    private void open(Dependencies dependencies) throws InterruptedException {
        List<String> modules;
        synchronized (this) {
            var place = places.get(dependencies);
            modules = place == null ? List.of() : place.modules();
        }
        var ended = new ArrayList<DependencyZygote>();
        try {
            var fresh = opener.open(dependencies, modules);
            ended.addAll(keep(dependencies, fresh, modules));
        } catch (Unfit e) {
            unfit(dependencies, "its dependencies have no zygote: " + e.getMessage())
                    .ifPresent(ended::add);
        } catch (IOException | ProblemException e) {
            failed(dependencies, "its dependencies have no zygote: " + e.getMessage());
        }
        ended.forEach(DependencyZygote::end);
    }

    /** Those to be ended. */
    private synchronized List<DependencyZygote> keep(
            Dependencies dependencies, DependencyZygote fresh, List<String> modules) {
        var place = places.get(dependencies);
        if (closed || place == null || place.broken()) {
            return List.of(fresh);
        }
        var ended = new ArrayList<DependencyZygote>();
        if (fresh.bytes() > budget) {
            ended.add(fresh);
            place.zygote().ifPresent(ended::add);
            place.breaks("its dependencies take more memory than all zygotes may");
            return ended;
        }
        var old = place.opened(fresh, modules, nanos.getAsLong());
        if (old != null) {
            ended.add(old);
        }
        ended.addAll(overBudget(dependencies));
        return ended;
    }

    private synchronized Optional<DependencyZygote> unfit(Dependencies dependencies, String why) {
        LOG.warn("{}: {}", dependencies.owner(), why);
        return Optional.ofNullable(places.get(dependencies)).map(place -> place.unfit(why));
    }

    private synchronized void failed(Dependencies dependencies, String why) {
        LOG.info("{}: {}; trying again", dependencies.owner(), why);
        var place = places.get(dependencies);
        if (place != null) {
            place.failed(nanos.getAsLong());
        }
    }

    /** Those to go, the one unused for longest first; never the one that was just made. */
    private List<DependencyZygote> overBudget(Dependencies kept) {
        var going = new ArrayList<DependencyZygote>();
        long used = places.values().stream()
                .flatMap(place -> place.zygote().stream())
                .mapToLong(DependencyZygote::bytes)
                .sum();
        for (var each : places.entrySet()) {
            var zygote = each.getValue().zygote();
            if (used > budget && zygote.isPresent() && !each.getKey().equals(kept)) {
                used -= zygote.get().bytes();
                going.add(zygote.get());
                each.getValue().release();
            }
        }
        return going;
    }

    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            running = keeper;
            notifyAll();
        }
        if (running != null) {
            running.interrupt();
        }
        // Its processes end with all other instances.
    }
}
