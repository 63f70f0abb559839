package dev.mayfly.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code /proc} says is left. It is read on a thread of its own, and only while somebody asks: who asks gets the last reading, and the first
 * who finds it old causes the next. The {@link ControlGroups} that this process is in count too. Elsewhere than on Linux nothing is known.
 */
final class ProcMachine implements Machine {
    private static final Logger LOG = LoggerFactory.getLogger(ProcMachine.class);
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** What was read long ago says nothing of the moment. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private record Reading(Room room, long at, Computed computed) {}

    /** What had been computed at a moment, and from the span before it how many processors are free. */
    private record Computed(double free, long idleTicks, long allTicks, long groupMicros, long at) {
        static final Computed NOTHING = new Computed(Double.POSITIVE_INFINITY, 0, 0, 0, Long.MIN_VALUE / 2);
    }

    private final Path proc;
    private final ControlGroups groups;
    private final int processors;
    private final MemorySettings settings;
    private final LongSupplier used;
    private final Ticker ticker;
    private final Executor work;
    private final AtomicBoolean reading = new AtomicBoolean();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private volatile Reading last = new Reading(Room.UNKNOWN, Long.MIN_VALUE / 2, Computed.NOTHING);
    private volatile long changed = Long.MIN_VALUE / 2;

    /** @param used bytes that instances and what is held ready have; asked only where that is limited */
    ProcMachine(
            Path proc,
            ControlGroups groups,
            int processors,
            MemorySettings settings,
            LongSupplier used,
            Ticker ticker,
            Executor work) {
        this.settings = settings;
        this.used = used;
        this.proc = proc;
        this.groups = groups;
        this.processors = processors;
        this.ticker = ticker;
        this.work = work;
    }

    @Override
    public Room room() {
        var known = last;
        long age = ticker.nanos() - known.at;
        if (age > FRESH_NANOS) {
            look();
        }
        return age > STALE_NANOS ? Room.UNKNOWN : known.room;
    }

    @Override
    public boolean fresh(Runnable then) {
        var known = last;
        if (ticker.nanos() - known.at <= FRESH_NANOS && known.at >= changed) {
            return true;
        }
        waiting.add(then);
        look();
        return false;
    }

    @Override
    public void changed() {
        changed = ticker.nanos();
    }

    private void look() {
        if (reading.compareAndSet(false, true)) {
            work.execute(this::read);
        }
    }

    private void read() {
        long now = ticker.nanos();
        try {
            last = next(last, now);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: cannot be read", proc, e);
            last = new Reading(Room.UNKNOWN, now, Computed.NOTHING);
        } finally {
            reading.set(false);
        }
        // Whoever asks again meanwhile waits for the next look, which may need this thread.
        var told = new ArrayList<Runnable>();
        for (var then = waiting.poll(); then != null; then = waiting.poll()) {
            told.add(then);
        }
        told.forEach(Runnable::run);
    }

    private Reading next(Reading before, long now) throws IOException {
        var computed = now - before.computed.at < FRESH_NANOS ? before.computed : computed(before.computed, now);
        return new Reading(new Room(computed.free, memory()), now, computed);
    }

    private long memory() throws IOException {
        return settings.left(
                Math.min(memoryInfo("MemTotal:"), groups.memoryLimit()),
                Math.min(memoryInfo("MemAvailable:"), groups.memory()),
                settings.limited() ? used.getAsLong() : 0);
    }

    private Computed computed(Computed before, long now) throws IOException {
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
        var quota = groups.quota();
        long span = all - before.allTicks;
        boolean known = before.allTicks > 0 && span > 0 && now - before.at < STALE_NANOS;
        double free = Double.POSITIVE_INFINITY;
        if (known) {
            double used = (quota.usedMicros() - before.groupMicros) * 1000.0 / (now - before.at);
            free = Math.min(
                    processors * Math.clamp((double) (idle - before.idleTicks) / span, 0, 1),
                    Math.max(0, quota.processors() - used));
        }
        return new Computed(free, idle, all, quota.usedMicros(), now);
    }

    private long memoryInfo(String key) throws IOException {
        try (var lines = Files.lines(proc.resolve("meminfo"))) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(Long.MAX_VALUE);
        }
    }
}
