package dev.mayfly.store.sqlite;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects entries in memory and writes them in batches: when {@code batch} bytes wait, when asked to flush, and else within {@code delay}.
 * Appending never waits for the disk. When the disk cannot follow, or is full, what waits is kept up to {@code capacity} bytes; past that
 * the oldest are dropped and counted. A batch that could not be written is tried again.
 */
final class Appender<T> implements AutoCloseable {
    /** @param delay longest wait before a lone entry is written */
    record Settings(String name, long batch, long capacity, Duration delay) {}

    private final Logger log = LoggerFactory.getLogger(Appender.class);
    private final Settings settings;
    private final ToLongFunction<T> size;
    private final Consumer<List<T>> sink;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wake = lock.newCondition();
    private final Condition settled = lock.newCondition();
    private final ArrayDeque<T> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long appended;
    /** As many of those appended, oldest first, are written or dropped. */
    private long done;

    private long dropped;
    private long failures;
    private int flushing;
    private boolean closed;

    Appender(Settings settings, ToLongFunction<T> size, Consumer<List<T>> sink) {
        this.settings = settings;
        this.size = size;
        this.sink = sink;
        this.thread = Thread.ofVirtual().name(settings.name()).start(this::run);
    }

    void append(T entry) {
        lock.lock();
        try {
            waiting.add(entry);
            waitingBytes += size.applyAsLong(entry);
            appended++;
            dropDownTo(settings.capacity());
            if (waiting.size() == 1 || waitingBytes >= settings.batch()) {
                wake.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all that was appended before is written or was dropped. */
    void flush() {
        lock.lock();
        try {
            long target = appended;
            long failuresBefore = failures;
            flushing++;
            wake.signal();
            try {
                while (done < target) {
                    if (failures > failuresBefore || !thread.isAlive()) {
                        throw new Problem(
                                        ErrorCode.INSUFFICIENT_STORAGE,
                                        settings.name() + " cannot be written; what waits is tried again",
                                        "free some space on the disk with the home directory")
                                .asException();
                    }
                    settled.awaitUninterruptibly();
                }
            } finally {
                flushing--;
            }
        } finally {
            lock.unlock();
        }
    }

    /** How many entries were given up since the start. */
    long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    /** Writes what waits, once, and ends. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            wake.signal();
        } finally {
            lock.unlock();
        }
        WriterEnd.await(thread);
    }

    private void run() {
        while (collect()) {
            write(take());
        }
    }

    /** Waits for something worth writing; false when there will be nothing more. */
    private boolean collect() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                wake.awaitUninterruptibly();
            }
            awaitUnless(() -> closed || flushing > 0 || waitingBytes >= settings.batch());
            return !waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private List<T> take() {
        lock.lock();
        try {
            var batch = new ArrayList<T>();
            for (long bytes = 0; bytes < settings.batch() && !waiting.isEmpty(); ) {
                long entry = size.applyAsLong(waiting.getFirst());
                batch.add(waiting.removeFirst());
                bytes += entry;
                waitingBytes -= entry;
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void write(List<T> batch) {
        try {
            sink.accept(batch);
        } catch (RuntimeException e) {
            failed(batch, e);
            return;
        }
        lock.lock();
        try {
            done = appended - waiting.size();
            settled.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(List<T> batch, RuntimeException cause) {
        log.error("{} entries of {} could not be written", batch.size(), settings.name(), cause);
        lock.lock();
        try {
            for (var entry : batch.reversed()) {
                waiting.addFirst(entry);
                waitingBytes += size.applyAsLong(entry);
            }
            dropDownTo(closed ? 0 : settings.capacity());
            done = appended - waiting.size();
            failures++;
            settled.signalAll();
            awaitUnless(() -> closed); // However much arrives meanwhile, the disk needs its time.
        } finally {
            lock.unlock();
        }
    }

    private void dropDownTo(long capacity) {
        while (waitingBytes > capacity && !waiting.isEmpty()) {
            waitingBytes -= size.applyAsLong(waiting.removeFirst());
            dropped++;
        }
    }

    /** Waits for the delay, or until {@code enough}. */
    private void awaitUnless(BooleanSupplier enough) {
        long left = settings.delay().toNanos();
        try {
            while (left > 0 && !enough.getAsBoolean()) {
                left = wake.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nothing interrupts this thread", e);
        }
    }
}
