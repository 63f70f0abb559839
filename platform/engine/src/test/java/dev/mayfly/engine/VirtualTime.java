package dev.mayfly.engine;

import java.time.Duration;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;

/** A clock that moves only when told, and everything that is to happen by it, in order. */
final class VirtualTime implements Ticker, Timers, Executor {
    private static final class Due {
        private final long at;
        private final long order;
        private Runnable task;

        private Due(long at, long order, Runnable task) {
            this.at = at;
            this.order = order;
            this.task = task;
        }
    }

    private static final int MOST_AT_ONCE = 100_000;

    private final PriorityQueue<Due> queue =
            new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
    private long now = 1_000_000_000L;
    private long order;
    private long wallOffset;

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long millis() {
        return 1_700_000_000_000L + wallOffset + now / 1_000_000;
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        var due = new Due(now + delayNanos, order++, task);
        queue.add(due);
        return () -> due.task = () -> {}; // to take it out would cost a look at all others
    }

    @Override
    public void execute(Runnable task) {
        schedule(0, task);
    }

    void after(Duration delay, Runnable task) {
        schedule(delay.toNanos(), task);
    }

    /** Lets this much time pass, and all happen that is due in it. */
    void pass(Duration span) {
        long until = now + span.toNanos();
        long moment = now;
        int atOnce = 0;
        while (!queue.isEmpty() && queue.element().at <= until) {
            var due = queue.remove();
            now = Math.max(now, due.at);
            atOnce = now == moment ? atOnce + 1 : 0;
            moment = now;
            if (atOnce > MOST_AT_ONCE) {
                throw new AssertionError("time stands still: something is due again and again at the same moment");
            }
            due.task.run();
        }
        now = until;
    }

    /** Lets this much time pass in which nothing is done: the machine slept. What was due in it is late. */
    void leap(Duration span) {
        now += span.toNanos();
    }

    /** Sets the clock on the wall, and that one only. */
    void turnWallClock(Duration by) {
        wallOffset += by.toMillis();
    }

    /** Lets happen what is due now. */
    void settle() {
        pass(Duration.ZERO);
    }

    @Override
    public void close() {}
}
