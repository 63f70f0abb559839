package dev.mayfly.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;

/** A clock that moves only when told, and everything that is to happen by it, in order. */
final class VirtualTime implements Ticker, Timers, Executor {
    private record Due(long at, long order, Runnable task) {}

    private final PriorityQueue<Due> queue =
            new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
    private long now = 1_000_000_000L;
    private long order;

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long millis() {
        return 1_700_000_000_000L + now / 1_000_000;
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        var due = new Due(now + delayNanos, order++, task);
        queue.add(due);
        return () -> queue.remove(due);
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
        while (!queue.isEmpty() && queue.element().at() <= until) {
            var due = queue.remove();
            now = Math.max(now, due.at());
            due.task().run();
        }
        now = until;
    }

    /** Lets happen what is due now. */
    void settle() {
        pass(Duration.ZERO);
    }

    @Override
    public void close() {}
}
