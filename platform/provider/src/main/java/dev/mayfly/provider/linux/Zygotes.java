package dev.mayfly.provider.linux;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One zygote for each kind of worker that functions have. Copies of one have the seed of {@code hash()} and the layout of their memory in common,
 * so each is replaced after so many copies, and after some time. Its state is guarded by its lock; one thread of its own starts and ends them.
 */
final class Zygotes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Zygotes.class);
    static final int MOST_COPIES = 1000;
    static final Duration LONGEST_LIFE = Duration.ofMinutes(15);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
    /** One that was ready and is gone was ended by somebody. */
    private static final Duration LONGEST_PAUSE_AFTER_READY = Duration.ofSeconds(5);

    /** Longer than anybody waits for a copy: who asked the old one is served by it. */
    private static final Duration RETIREMENT = Duration.ofSeconds(10);

    @FunctionalInterface
    interface Starter {
        Zygote start(Generic generic) throws IOException, InterruptedException;
    }

    /** Of one kind. */
    private static final class Place {
        @Nullable Zygote zygote;

        int copies;
        long startedNanos;
        long notBeforeNanos;
        boolean tried;
        long pauseNanos = FIRST_PAUSE.toNanos();
    }

    private final Starter starter;
    private final LongSupplier nanos;
    private final Map<Generic, Place> places = new HashMap<>();
    /** Those that have been replaced, and what runtime they are of. */
    private final Map<Zygote, String> retired = new HashMap<>();

    private Set<Generic> expected = Set.of();
    private boolean closed;
    private @Nullable Thread keeper;

    Zygotes(Starter starter, LongSupplier nanos) {
        this.starter = starter;
        this.nanos = nanos;
    }

    /** Of what kinds there are to be zygotes, from now on. */
    synchronized void expect(Set<Generic> kinds) {
        var wanted = new HashSet<>(kinds);
        wanted.removeIf(kind -> !kind.worker());
        expected = Set.copyOf(wanted);
        if (keeper == null && !closed && !expected.isEmpty()) {
            keeper = Thread.ofVirtual().name("zygotes").start(this::keep);
        }
        notifyAll();
    }

    /**
     * One that can be copied now.
     *
     * @param copies instances that will come of it
     */
    synchronized Optional<Zygote> of(Generic generic, int copies) {
        var place = places.get(generic);
        if (place == null || place.zygote == null || !place.zygote.alive()) {
            return Optional.empty();
        }
        place.copies += copies;
        if (place.copies >= MOST_COPIES) {
            notifyAll();
        }
        return Optional.of(place.zygote);
    }

    /**
     * Waits until it is known whether a kind has a zygote that can be copied, so that what is held ready need not be started anew, which takes three times
     * the memory.
     */
    synchronized void awaitFirst(Generic generic, Duration patience) throws InterruptedException {
        long until = nanos.getAsLong() + patience.toNanos();
        while (!closed && expected.contains(generic)) {
            var place = places.get(generic);
            long left = until - nanos.getAsLong();
            if ((place != null && place.tried) || left <= 0) {
                return;
            }
            wait(Math.max(1, left / 1_000_000));
        }
    }

    /** All that live, and what runtime they are of. */
    synchronized Map<Zygote, String> all() {
        var all = new HashMap<Zygote, String>(retired);
        places.forEach((kind, place) -> {
            if (place.zygote != null && place.zygote.alive()) {
                all.put(place.zygote, kind.runtime());
            }
        });
        return all;
    }

    // --- the thread that keeps them

    private void keep() {
        try {
            while (true) {
                var next = next();
                if (next == null) {
                    return;
                }
                if (expected(next)) {
                    replace(next);
                } else {
                    remove(next);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("closing", e);
        }
    }

    private synchronized boolean expected(Generic generic) {
        return expected.contains(generic);
    }

    /** Waits for a kind that wants a zygote, another one, or none any more. Null at the end. */
    private synchronized @Nullable Generic next() throws InterruptedException {
        while (!closed) {
            long now = nanos.getAsLong();
            long soonest = Duration.ofSeconds(30).toNanos();
            for (var kind : places.keySet()) {
                if (!expected.contains(kind)) {
                    return kind;
                }
            }
            for (var kind : expected) {
                var place = places.computeIfAbsent(kind, _ -> newPlace(now));
                boolean due = place.zygote == null
                        || !place.zygote.alive()
                        || place.copies >= MOST_COPIES
                        || now - place.startedNanos >= LONGEST_LIFE.toNanos();
                if (due && now >= place.notBeforeNanos) {
                    return kind;
                }
                soonest = Math.min(soonest, due ? place.notBeforeNanos - now : soonest);
            }
            wait(Math.max(1, soonest / 1_000_000));
        }
        return null;
    }

    private static Place newPlace(long now) {
        var place = new Place();
        place.notBeforeNanos = now;
        return place;
    }

    /** The one there is serves until the next is ready. */
    private void replace(Generic generic) throws InterruptedException {
        Zygote fresh = null;
        try {
            fresh = starter.start(generic);
        } catch (IOException e) {
            LOG.warn("no zygote of {}: {}; its workers are started anew", generic.runtime(), e.getMessage());
        }
        Zygote old;
        synchronized (this) {
            var place = places.computeIfAbsent(generic, _ -> newPlace(nanos.getAsLong()));
            old = place.zygote;
            place.tried = true;
            notifyAll();
            long now = nanos.getAsLong();
            boolean brief = now - place.startedNanos < LONGEST_PAUSE.toNanos() && place.copies < MOST_COPIES;
            var longest = fresh == null ? LONGEST_PAUSE : LONGEST_PAUSE_AFTER_READY;
            place.pauseNanos =
                    fresh != null && !brief ? FIRST_PAUSE.toNanos() : Math.min(longest.toNanos(), place.pauseNanos * 2);
            place.notBeforeNanos = now + place.pauseNanos;
            if (fresh != null) {
                place.zygote = fresh;
                place.copies = 0;
                place.startedNanos = now;
                fresh.onEnd(this::wake);
                if (old != null && old.alive()) {
                    retire(old, generic.runtime());
                    old = null;
                }
            } else if (old != null && old.alive()) {
                old = null;
            }
            if (closed && fresh != null) {
                old = fresh;
            }
        }
        if (old != null) {
            old.end();
        }
    }

    private void retire(Zygote zygote, String runtime) {
        retired.put(zygote, runtime);
        Thread.ofVirtual().name("retire-" + zygote.id()).start(() -> {
            try {
                Thread.sleep(RETIREMENT);
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts it", e);
            }
            synchronized (this) {
                if (retired.remove(zygote) == null) {
                    return; // it has ended with all others
                }
            }
            zygote.end();
        });
    }

    private synchronized void wake() {
        notifyAll();
    }

    private void remove(Generic generic) {
        Place place;
        synchronized (this) {
            place = places.remove(generic);
        }
        if (place != null && place.zygote != null) {
            place.zygote.end();
        }
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
            boolean interrupted = false;
            while (running.isAlive()) {
                try {
                    running.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        Set<Zygote> last;
        synchronized (this) {
            last = all().keySet();
            retired.clear();
        }
        last.forEach(Zygote::end);
    }
}
