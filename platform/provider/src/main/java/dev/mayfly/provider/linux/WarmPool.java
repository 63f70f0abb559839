package dev.mayfly.provider.linux;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes that wait for a function. Whoever takes one has it for good: none comes back. Its state is guarded by its lock; one thread of its own
 * fills and empties it, in moments in which nobody starts anything.
 */
final class WarmPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    /** Nobody started anything for so long. */
    private static final long QUIET_NANOS = 15_000_000L;

    /** Where somebody starts something all the time: such as a function that takes long to load. */
    private static final long LONGEST_WAIT_NANOS = 500_000_000L;

    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(2);
    /** What one takes, until one has been measured. */
    private static final long FIRST_GUESS = 12L << 20;

    /** Makes one and waits until it could be given a function. */
    @FunctionalInterface
    interface Maker {
        LinuxInstance make(Generic generic) throws java.io.IOException, InterruptedException;
    }

    private record Waiting(LinuxInstance instance, long bytes) {}

    /** All that is known of one kind. */
    private static final class Shelf {
        final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
        final RecentCount starts = new RecentCount();
        long bytesOfOne = FIRST_GUESS;
    }

    private final Warmth warmth;
    private final Maker maker;
    private final MemoryOf memory;
    private final Thrift thrift;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Generic, Shelf> shelves = new HashMap<>();
    private Set<Generic> expected = Set.of();
    private int starting;
    private long lastStartNanos;
    /** The filler's own: when it last had nothing to do, or did something. */
    private long missingSinceNanos;

    private boolean closed;
    private @Nullable Thread filler;

    WarmPool(Warmth warmth, Maker maker, MemoryOf memory, Thrift thrift, LongSupplier nanos) {
        this.warmth = warmth;
        this.maker = maker;
        this.memory = memory;
        this.thrift = thrift;
        this.nanos = nanos;
        this.lastStartNanos = nanos.getAsLong() - QUIET_NANOS;
        this.missingSinceNanos = nanos.getAsLong();
    }

    /** What functions may be started of, from now on. */
    void expect(Set<Generic> kinds) {
        lock.lock();
        try {
            expected = Set.copyOf(kinds);
            if (filler == null && !closed && warmth.workers() > 0 && !kinds.isEmpty()) {
                filler = Thread.ofVirtual().name("pool").start(this::fill);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A start of this kind begins. To be followed by {@link #started}, in any case. */
    void starting(Generic generic) {
        lock.lock();
        try {
            starting++;
            shelves.computeIfAbsent(generic, _ -> new Shelf()).starts.add(nanos.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** One that waits, if there is. */
    Optional<LinuxInstance> take(Generic generic) {
        lock.lock();
        try {
            var shelf = shelves.computeIfAbsent(generic, _ -> new Shelf());
            while (!shelf.waiting.isEmpty()) {
                var instance = shelf.waiting.removeFirst().instance();
                if (instance.alive()) {
                    return Optional.of(instance);
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** It has come to its end. */
    void started() {
        lock.lock();
        try {
            starting--;
            lastStartNanos = nanos.getAsLong();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends as many as have so much memory, of the kind that has most of them. How much they had. */
    long release(long bytes) {
        var going = new ArrayList<LinuxInstance>();
        long back = 0;
        lock.lock();
        try {
            while (back < bytes) {
                var fullest = shelves.values().stream()
                        .map(shelf -> shelf.waiting)
                        .max(Comparator.comparingInt(ArrayDeque::size));
                if (fullest.isEmpty() || fullest.get().isEmpty()) {
                    break;
                }
                var last = fullest.get().removeLast();
                going.add(last.instance());
                back += last.bytes();
            }
        } finally {
            lock.unlock();
        }
        going.forEach(LinuxInstance::kill);
        return back;
    }

    // --- the thread that fills it

    private void fill() {
        try {
            while (true) {
                var next = await();
                if (next == null) {
                    return;
                }
                if (!add(next)) {
                    Thread.sleep(AFTER_FAILURE);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("closing", e);
        }
    }

    private boolean add(Generic generic) throws InterruptedException {
        LinuxInstance made;
        try {
            made = maker.make(generic);
        } catch (java.io.IOException | dev.mayfly.model.ProblemException e) {
            LOG.warn("none can be held ready for {}: {}", generic.runtime(), e.getMessage());
            return false;
        }
        long bytes = memory.of(made);
        lock.lock();
        try {
            var shelf = shelves.computeIfAbsent(generic, _ -> new Shelf());
            if (bytes > 0) {
                shelf.bytesOfOne = bytes;
            }
            if (!closed) {
                made.waitAs(new LinuxInstance.Waiting("pool", generic.runtime(), false));
                shelf.waiting.addLast(new Waiting(made, shelf.bytesOfOne));
                return true;
            }
        } finally {
            lock.unlock();
        }
        made.kill();
        return true;
    }

    /** Waits for a kind that should be made; ends those that should not wait. Null at the end. */
    private @Nullable Generic await() throws InterruptedException {
        while (true) {
            List<LinuxInstance> surplus;
            lock.lockInterruptibly();
            try {
                if (closed) {
                    return null;
                }
                var goals = goals();
                surplus = takeSurplus(goals);
                if (surplus.isEmpty()) {
                    var next = thrift.lasts() ? null : missing(goals);
                    long busy = next == null ? 0 : busyNanos();
                    if (busy == 0) {
                        missingSinceNanos = nanos.getAsLong();
                        if (next != null) {
                            return next;
                        }
                    }
                    changed.awaitNanos(next == null ? LOOK.toNanos() : busy);
                }
            } finally {
                lock.unlock();
            }
            surplus.forEach(LinuxInstance::kill);
        }
    }

    /** How long to wait, as far as is known, until nobody starts anything; 0: nobody does, or somebody does all the time. */
    private long busyNanos() {
        long now = nanos.getAsLong();
        long longest = missingSinceNanos + LONGEST_WAIT_NANOS - now;
        long quiet = starting > 0 ? LONGEST_WAIT_NANOS : lastStartNanos + QUIET_NANOS - now;
        return Math.max(0, Math.min(longest, quiet));
    }

    private Map<Generic, Integer> goals() {
        long now = nanos.getAsLong();
        var starts = new HashMap<Generic, Integer>();
        for (var kind : expected) {
            var shelf = shelves.get(kind);
            starts.put(kind, shelf == null ? 0 : shelf.starts.last(now));
        }
        return PoolGoals.of(starts, warmth.workers());
    }

    private List<LinuxInstance> takeSurplus(Map<Generic, Integer> goals) {
        var surplus = new ArrayList<LinuxInstance>();
        for (var each : shelves.entrySet()) {
            var waiting = each.getValue().waiting;
            waiting.removeIf(one -> !one.instance().alive());
            while (waiting.size() > goals.getOrDefault(each.getKey(), 0)) {
                surplus.add(waiting.removeLast().instance());
            }
        }
        return surplus;
    }

    private @Nullable Generic missing(Map<Generic, Integer> goals) {
        long used = shelves.values().stream()
                .flatMap(shelf -> shelf.waiting.stream())
                .mapToLong(Waiting::bytes)
                .sum();
        Generic best = null;
        double least = 1;
        for (var goal : goals.entrySet()) {
            var shelf = shelves.computeIfAbsent(goal.getKey(), _ -> new Shelf());
            double full = shelf.waiting.size() / (double) goal.getValue();
            if (full < least && used + shelf.bytesOfOne <= warmth.bytes()) {
                best = goal.getKey();
                least = full;
            }
        }
        return best;
    }

    @Override
    public void close() {
        Thread running;
        lock.lock();
        try {
            closed = true;
            running = filler;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (running != null) {
            running.interrupt();
        }
        // What waits ends with all other instances.
    }
}
