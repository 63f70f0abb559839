package dev.mayfly.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code /proc} says is left. It is read on a thread of its own, and only while somebody asks: who asks gets the last reading, and the first
 * who finds it old causes the next. Elsewhere than on Linux nothing is known.
 */
final class ProcMachine implements Machine {
    private static final Logger LOG = LoggerFactory.getLogger(ProcMachine.class);
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** What was read long ago says nothing of the moment. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private record Reading(Room room, long idleTicks, long allTicks, long at) {}

    private final Path proc;
    private final int processors;
    private final Ticker ticker;
    private final Executor work;
    private final AtomicBoolean reading = new AtomicBoolean();
    private volatile Reading last = new Reading(Room.UNKNOWN, 0, 0, Long.MIN_VALUE / 2);

    ProcMachine(Path proc, int processors, Ticker ticker, Executor work) {
        this.proc = proc;
        this.processors = processors;
        this.ticker = ticker;
        this.work = work;
    }

    @Override
    public Room room() {
        var known = last;
        long age = ticker.nanos() - known.at;
        if (age > FRESH_NANOS && reading.compareAndSet(false, true)) {
            work.execute(this::read);
        }
        return age > STALE_NANOS ? Room.UNKNOWN : known.room;
    }

    private void read() {
        try {
            last = next(last, ticker.nanos());
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: cannot be read", proc, e);
            last = new Reading(Room.UNKNOWN, 0, 0, ticker.nanos());
        } finally {
            reading.set(false);
        }
    }

    private Reading next(Reading before, long now) throws IOException {
        long idle = 0;
        long all = 0;
        // cpu user nice system idle iowait irq softirq steal …, of all processors together
        var fields = Files.readString(proc.resolve("stat"))
                .lines()
                .findFirst()
                .orElse("")
                .split(" +", -1);
        for (int i = 1; i < Math.min(fields.length, 9); i++) {
            long ticks = Long.parseLong(fields[i]);
            all += ticks;
            idle += i == 4 || i == 5 ? ticks : 0;
        }
        long span = all - before.allTicks;
        boolean known = before.allTicks > 0 && span > 0 && now - before.at < STALE_NANOS;
        double free = known
                ? processors * Math.clamp((double) (idle - before.idleTicks) / span, 0, 1)
                : Double.POSITIVE_INFINITY;
        return new Reading(new Room(free, available()), idle, all, now);
    }

    private long available() throws IOException {
        try (var lines = Files.lines(proc.resolve("meminfo"))) {
            return lines.filter(line -> line.startsWith("MemAvailable:"))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(Long.MAX_VALUE);
        }
    }
}
