package dev.mayfly.gateway.observe;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line of JSON for each request. Event loops put into a bounded queue and never wait; one thread writes. What finds no room, or cannot be
 * written, is dropped and counted, and the log itself says how many lines are missing where.
 */
public final class AccessLog implements EdgeObserver, AutoCloseable {
    /** Requests that may wait to be written; each is at most some 2 KiB. */
    static final int MOST_WAITING = 8_192;

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
    private static final int MOST_AT_ONCE = 256 * 1024;
    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final int ERROR = 500;

    private final LogFile file;
    private final SampleRate rate;
    private final DoubleSupplier random;
    private final Clock clock;
    private final ConcurrentLinkedQueue<Served> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer;
    private volatile boolean closing;
    /** Of the writer alone. */
    private long droppedTold;

    private boolean failing;

    private AccessLog(LogFile file, SampleRate rate, DoubleSupplier random, Clock clock) {
        this.file = file;
        this.rate = rate;
        this.random = random;
        this.clock = clock;
        this.writer = Thread.ofPlatform().daemon().name("mayfly-access-log").unstarted(this::run);
    }

    /**
     * Writes from now on.
     *
     * @param random from 0 to 1, safe on any thread
     * @throws IOException when {@code path} cannot be opened for writing
     */
    public static AccessLog to(Path path, SampleRate rate, DoubleSupplier random, Clock clock) throws IOException {
        return started(new AccessLog(LogFile.at(path), rate, random, clock));
    }

    /** The same to standard output. */
    public static AccessLog toStandardOutput(SampleRate rate, DoubleSupplier random, Clock clock) {
        return started(new AccessLog(LogFile.standardOutput(), rate, random, clock));
    }

    private static AccessLog started(AccessLog log) {
        log.writer.start();
        return log;
    }

    /** Errors of the server always; of all else the part that is asked for. */
    @Override
    public void served(int status, Supplier<Served> details) {
        if (status < ERROR && rate.part() < 1 && random.getAsDouble() >= rate.part()) {
            return;
        }
        if (closing || size.incrementAndGet() > MOST_WAITING) {
            size.decrementAndGet();
            dropped.incrementAndGet();
        } else {
            waiting.add(details.get());
        }
    }

    public long written() {
        return written.get();
    }

    /** For want of room, or because writing failed. */
    public long dropped() {
        return dropped.get();
    }

    private void run() {
        var buffer = new ByteArrayOutputStream();
        while (true) {
            boolean last = closing;
            if (!writeSome(buffer)) {
                if (last) {
                    return;
                }
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    /** Whether there was anything. */
    private boolean writeSome(ByteArrayOutputStream buffer) {
        buffer.reset();
        long missing = dropped.get() - droppedTold;
        if (missing > 0 && !failing) {
            buffer.writeBytes(AccessLine.dropped(clock.millis(), missing));
        }
        int lines = 0;
        while (buffer.size() < MOST_AT_ONCE) {
            var next = waiting.poll();
            if (next == null) {
                break;
            }
            size.decrementAndGet();
            lines++;
            buffer.writeBytes(AccessLine.of(next));
        }
        if (buffer.size() == 0) {
            return false;
        }
        try {
            file.write(buffer.toByteArray(), buffer.size());
            written.addAndGet(lines);
            if (failing) {
                LOG.warn("the access log is written again");
                failing = false;
            } else {
                droppedTold += missing;
            }
            return true;
        } catch (IOException e) {
            dropped.addAndGet(lines);
            if (!failing) {
                LOG.warn("the access log cannot be written, its lines are dropped: {}", e.getMessage());
                failing = true;
            }
            return lines > 0;
        }
    }

    /** Writes what waits; after a while, what a full disk or a stuck reader keeps is given up. */
    @Override
    public void close() throws IOException {
        closing = true;
        LockSupport.unpark(writer);
        try {
            if (!writer.join(PATIENCE)) {
                LOG.warn("the end of the access log is lost: it could not be written in {}", PATIENCE);
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        file.close();
    }
}
