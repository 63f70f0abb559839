package dev.mayfly.engine;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has memory given back where functions wait for it, or where the machine has less left than is to stay free: by instances that are idle,
 * then by what the provider holds ready. Nothing that has something to do is ended. Knows what is on its way back, so that no more is let go than is
 * needed. One look at a time, on a thread that may block.
 */
final class Reclaim {
    private static final Logger LOG = LoggerFactory.getLogger(Reclaim.class);
    /** Memory of one that was asked to leave is waited for this long; then others are asked too. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** A function without an instance waits this long for one that is idle. */
    private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Requests of one that is to finish them are waited for this long. */
    private static final long TURN_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Between two looks while nobody waits. */
    private static final long WATCH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private record Leaving(long bytes, long until) {}

    private final Supplier<Collection<Pool>> pools;
    private final Headroom headroom;
    private final Starts starts;
    private final Executor work;
    private final Ticker ticker;
    private final Timers timers;
    private final AtomicBoolean due = new AtomicBoolean();
    private final AtomicBoolean releasing = new AtomicBoolean();
    /** Guarded by this. */
    private final Map<Instance, Leaving> leaving = new HashMap<>();
    /** Guarded by this: whether too little is left though nobody waits. */
    private boolean low;

    Reclaim(
            Supplier<Collection<Pool>> pools,
            Headroom headroom,
            Starts starts,
            Executor work,
            Ticker ticker,
            Timers timers) {
        this.pools = pools;
        this.headroom = headroom;
        this.starts = starts;
        this.work = work;
        this.ticker = ticker;
        this.timers = timers;
    }

    /** Looks again and again, for as long as there are timers: other programs take memory too. */
    void watch() {
        timers.schedule(WATCH_NANOS, () -> {
            look();
            watch();
        });
    }

    /** Looks soon, whatever anybody waits for. Never blocks. */
    void look() {
        if (due.compareAndSet(false, true)) {
            work.execute(() -> {
                due.set(false);
                lookNow();
            });
        }
    }

    /** Nothing is left of this one. */
    void gone(Instance instance) {
        synchronized (this) {
            leaving.remove(instance);
        }
        headroom.changed();
        look();
    }

    private void lookNow() {
        if (!headroom.fresh(this::look)) {
            return;
        }
        for (var each : headroom.servable()) {
            each.lookAgain();
        }
        long missing = letIdleGo();
        if (missing > 0 && releasing.compareAndSet(false, true)) {
            try {
                missing -= release(missing);
            } finally {
                releasing.set(false);
            }
        }
        if (missing > 0) {
            takeTurns(missing);
        }
    }

    /** How much is missing when nobody is idle any longer. */
    private synchronized long letIdleGo() {
        long missing = headroom.missing() - onTheirWay();
        tell(missing > 0 && !headroom.awaited());
        return missing <= 0 ? 0 : letIdleGo(missing, headroom.awaited() ? Reason.MADE_ROOM : Reason.MEMORY_LOW);
    }

    /**
     * Functions that have waited for long and have no instance take turns with those that have: of those that have most, who has served for longest
     * finishes what it has, and takes no more.
     */
    private synchronized void takeTurns(long missing) {
        long waiting = 0;
        for (var each : headroom.waitingFor(TURN_NANOS)) {
            waiting += each.hasNone() ? each.expected() : 0;
        }
        if (waiting == 0) {
            return;
        }
        var serving = pools.get().stream()
                .filter(pool -> !pool.hasNone())
                .flatMap(pool -> pool.longestServing().stream())
                .sorted(Comparator.<Evictable>comparingInt(each -> -each.pool().serving())
                        .thenComparingLong(Evictable::since))
                .toList();
        letGo(serving, Math.min(waiting, missing), Reason.TURN_OF_OTHERS, ticker.nanos() + TURN_PATIENCE_NANOS);
    }

    private long release(long missing) {
        long back = starts.release(missing);
        if (back > 0) {
            LOG.info("{} MiB that were held ready for starts to come were given back", back >> 20);
            headroom.waitingFor(0).stream().findFirst().ifPresent(first -> first.note(Reason.HELD_READY_WENT));
            headroom.changed();
            look();
        }
        return back;
    }

    /** What is still to come of those that were let go. */
    private long onTheirWay() {
        long now = ticker.nanos();
        leaving.values().removeIf(each -> now >= each.until);
        return leaving.values().stream().mapToLong(Leaving::bytes).sum();
    }

    /** What is missing then. */
    private long letIdleGo(long missing, Reason reason) {
        long now = ticker.nanos();
        var idle = pools.get().stream()
                .flatMap(pool -> pool.idle().stream())
                .sorted(Evictable.order(now))
                .toList();
        return letGo(idle, missing, reason, now + PATIENCE_NANOS);
    }

    /** As many of these as are needed, in this order. */
    private long letGo(List<Evictable> order, long missing, Reason reason, long until) {
        long left = missing;
        for (var each : order) {
            if (left <= 0) {
                break;
            }
            leaving.put(each.instance(), new Leaving(each.bytes(), until));
            if (each.pool().letGo(each.instance(), reason)) {
                left -= each.bytes();
            } else {
                leaving.remove(each.instance()); // it is needed by now
            }
        }
        return left;
    }

    private void tell(boolean isLow) {
        if (isLow != low) {
            low = isLow;
            if (low) {
                LOG.warn("too little memory is left: idle instances leave, and none is started until there is more");
            } else {
                LOG.info("there is enough memory again");
            }
        }
    }
}
