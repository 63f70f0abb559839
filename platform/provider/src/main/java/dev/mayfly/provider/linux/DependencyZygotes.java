package dev.mayfly.provider.linux;

import dev.mayfly.model.ProblemException;
import java.io.IOException;
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
    private static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(15);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

    /** Makes one that has loaded modules. */
    @FunctionalInterface
    interface Opener {
        DependencyZygote open(Dependencies dependencies, List<String> modules) throws IOException, InterruptedException;
    }

    /** All that is known of one project's. */
    private static final class Place {
        List<String> modules = List.of();

        @Nullable DependencyZygote zygote;

        boolean wanted;
        /** Why there never will be one; empty: there may be. */
        String broken = "";

        long usedNanos;
    }

    private final Opener opener;
    private final long budget;
    private final LongSupplier nanos;
    /** In the order of use, the latest last. */
    private final Map<Dependencies, Place> places = new LinkedHashMap<>(16, 0.75f, true);

    private boolean closed;
    private long lastStartNanos;
    private @Nullable Thread keeper;

    /** @param budget bytes of memory for all of them together */
    DependencyZygotes(Opener opener, long budget, LongSupplier nanos) {
        this.opener = opener;
        this.budget = budget;
        this.nanos = nanos;
        this.lastStartNanos = nanos.getAsLong() - QUIET_NANOS;
    }

    /** What became of asking for one. */
    record Taken(Optional<LinuxInstance> seat, String why) {}

    /** A sandbox whose worker is a copy as soon as it is told its function. */
    synchronized Taken take(Dependencies dependencies) {
        lastStartNanos = nanos.getAsLong();
        var place = places.get(dependencies);
        if (place == null) {
            return new Taken(Optional.empty(), "");
        }
        place.usedNanos = nanos.getAsLong();
        if (!place.broken.isEmpty()) {
            return new Taken(Optional.empty(), place.broken);
        }
        if (place.zygote == null) {
            return new Taken(Optional.empty(), "");
        }
        var seat = place.zygote.seat();
        if (place.zygote.left() < FEW) {
            place.wanted = true;
            wake();
        }
        return new Taken(seat, seat.isPresent() ? "" : "all copies of its dependencies' zygote were taken");
    }

    /** A function that could be a copy was started otherwise: where that took long, the next need not. */
    synchronized void loaded(Dependencies dependencies, long micros, List<String> modules) {
        if (micros < SLOW_MICROS || modules.isEmpty() || budget == 0 || closed) {
            return;
        }
        var place = places.computeIfAbsent(dependencies, _ -> new Place());
        place.usedNanos = lastStartNanos = nanos.getAsLong();
        if (place.zygote == null && place.broken.isEmpty()) {
            place.modules = List.copyOf(modules);
            place.wanted = true;
            if (keeper == null) {
                keeper = Thread.ofVirtual().name("dependency-zygotes").start(this::keep);
            }
            wake();
        }
    }

    /** A copy of it did not come to life: there are to be no more. */
    void broke(Dependencies dependencies, String why) {
        DependencyZygote ended;
        synchronized (this) {
            var place = places.computeIfAbsent(dependencies, _ -> new Place());
            place.broken = why;
            place.wanted = false;
            ended = place.zygote;
            place.zygote = null;
        }
        LOG.warn("{}: {}", dependencies.owner(), why);
        if (ended != null) {
            ended.end();
        }
    }

    private synchronized void wake() {
        notifyAll();
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
            var unused = new ArrayList<DependencyZygote>();
            synchronized (this) {
                if (closed) {
                    return null;
                }
                long now = nanos.getAsLong();
                for (var place : places.values()) {
                    if (place.zygote != null && now - place.usedNanos > UNUSED_NANOS) {
                        unused.add(place.zygote);
                        place.zygote = null;
                        place.wanted = false;
                    }
                }
                if (unused.isEmpty()) {
                    if (now - lastStartNanos >= QUIET_NANOS) {
                        for (var each : places.entrySet()) {
                            if (each.getValue().wanted) {
                                each.getValue().wanted = false;
                                return each.getKey();
                            }
                        }
                        wait(TimeUnit.NANOSECONDS.toMillis(LOOK_NANOS));
                    } else {
                        wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(QUIET_NANOS)));
                    }
                }
            }
            unused.forEach(DependencyZygote::end);
        }
    }

    private void open(Dependencies dependencies) throws InterruptedException {
        List<String> modules;
        synchronized (this) {
            var place = places.get(dependencies);
            modules = place == null ? List.of() : place.modules;
        }
        DependencyZygote fresh;
        try {
            fresh = opener.open(dependencies, modules);
        } catch (IOException | ProblemException e) {
            broke(dependencies, "its dependencies have no zygote: " + e.getMessage());
            return;
        }
        var ended = new ArrayList<DependencyZygote>();
        synchronized (this) {
            var place = places.get(dependencies);
            if (closed || place == null || !place.broken.isEmpty() || fresh.bytes() > budget) {
                ended.add(fresh);
                if (place != null && fresh.bytes() > budget) {
                    place.broken = "its dependencies take more memory than all zygotes may";
                }
            } else {
                if (place.zygote != null) {
                    ended.add(place.zygote);
                }
                place.zygote = fresh;
                ended.addAll(overBudget(dependencies));
            }
        }
        ended.forEach(DependencyZygote::end);
    }

    /** Those to go, the one unused for longest first; never the one that was just made. */
    private List<DependencyZygote> overBudget(Dependencies kept) {
        var going = new ArrayList<DependencyZygote>();
        long used = places.values().stream()
                .mapToLong(place -> place.zygote == null ? 0 : place.zygote.bytes())
                .sum();
        for (var each : places.entrySet()) {
            var zygote = each.getValue().zygote;
            if (used > budget && zygote != null && !each.getKey().equals(kept)) {
                used -= zygote.bytes();
                going.add(zygote);
                each.getValue().zygote = null;
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
