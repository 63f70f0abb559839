package dev.mayfly.engine;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is due in rounds, at most one in a millisecond, on a thread that is there while anything is due: what is due with every request costs a
 * wakeup for each of them otherwise. What comes after a pause is done at once.
 */
final class Rounds implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final String name;
    private final Queue<Runnable> due = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean running = new AtomicBoolean();
    private volatile @Nullable Thread asleep;

    Rounds(String name) {
        this.name = name;
    }

    @Override
    public void execute(Runnable task) {
        due.add(task);
        if (running.compareAndSet(false, true)) {
            start();
        } else {
            LockSupport.unpark(asleep); // of nobody does nothing
        }
    }

    /** Where the machine has no thread to give, the next one that something is due for tries again. */
    private void start() {
        boolean started = false;
        try {
            Thread.ofPlatform().daemon().name(name).start(this::run);
            started = true;
        } finally {
            if (!started) {
                running.set(false);
            }
        }
    }

    private void run() {
        do {
            while (sleep()) {
                round();
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
            running.set(false);
        } while (!due.isEmpty() && running.compareAndSet(false, true));
    }

    /** Until something is due; false when nothing was for long. */
    private boolean sleep() {
        if (due.isEmpty()) {
            asleep = Thread.currentThread();
            if (due.isEmpty()) {
                LockSupport.parkNanos(this, PATIENCE_NANOS);
            }
            asleep = null;
        }
        return !due.isEmpty();
    }

    private void round() {
        for (var task = due.poll(); task != null; task = due.poll()) {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.error("a task of a round failed", e);
            }
        }
    }
}
