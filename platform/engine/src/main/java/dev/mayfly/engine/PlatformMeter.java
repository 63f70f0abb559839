package dev.mayfly.engine;

import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.PlatformMemory.Measure;
import dev.mayfly.provider.Provider.PlatformProcess;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * Counts the memory of what the platform keeps running so that starts are fast: pooled workers and zygotes. Looks at it now and then and takes
 * what it sees for what there was since the last look; adds that up and hands it on every few minutes, at the end of each hour, and when asked.
 * What lived only between two looks is not seen.
 */
public final class PlatformMeter {
    private static final Set<String> ROLES = Set.of("pool", "zygote", "dependency-zygote");
    private static final long HOUR = Duration.ofHours(1).toMillis();
    /** A longer time between two looks is a machine that slept, or one that could not be looked at. */
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();

    private static final long KEPT_NANOS = Duration.ofMinutes(5).toNanos();

    private record Key(String role, String whose, Measure measure) {}

    private static final class Sum {
        private long micros;
        private double byteMicros;
        private long peakBytes;
    }

    private final Supplier<List<PlatformProcess>> processes;
    private final LongFunction<OptionalLong> proportional;
    private final Ticker ticker;
    private final Consumer<PlatformMemory> ledger;
    private final Map<Key, Sum> sums = new HashMap<>();
    private long hour;
    private long lookedNanos;
    private long handedOnNanos;

    /**
     * Sees what there is from now on.
     *
     * @param proportional a process's own bytes and its share of shared ones, by pid; empty where that cannot be read
     * @param ledger takes what was counted; never blocks
     */
    public PlatformMeter(
            Supplier<List<PlatformProcess>> processes,
            LongFunction<OptionalLong> proportional,
            Ticker ticker,
            Consumer<PlatformMemory> ledger) {
        this.processes = processes;
        this.proportional = proportional;
        this.ticker = ticker;
        this.ledger = ledger;
        this.lookedNanos = ticker.nanos();
        this.handedOnNanos = lookedNanos;
    }

    /** Whether a process of that role is kept only so that starts are fast. */
    public static boolean counts(String role) {
        return ROLES.contains(role);
    }

    /** Looks at what there is. Reads the kernel: not for event loops. */
    public void look() {
        var bytes = new HashMap<Key, Long>();
        for (var process : processes.get()) {
            // One that has the memory of another would have it counted twice, by the kernel as well.
            if (counts(process.role()) && process.residentBytes() != 0) {
                count(process, bytes);
            }
        }
        add(bytes);
    }

    private void count(PlatformProcess process, Map<Key, Long> bytes) {
        var share = proportional.apply(process.pid());
        if (share.isPresent()) {
            bytes.merge(
                    new Key(process.role(), process.instance(), Measure.PROPORTIONAL), share.getAsLong(), Long::sum);
        } else if (process.residentBytes() >= 0) {
            bytes.merge(
                    new Key(process.role(), process.instance(), Measure.RESIDENT), process.residentBytes(), Long::sum);
        }
    }

    private synchronized void add(Map<Key, Long> bytes) {
        long now = ticker.nanos();
        long micros = Math.clamp(now - lookedNanos, 0, LONGEST_NANOS) / 1000;
        lookedNanos = now;
        long thisHour = ticker.millis() / HOUR * HOUR;
        if (thisHour != hour || now - handedOnNanos >= KEPT_NANOS) {
            handOn();
            hour = thisHour;
        }
        bytes.forEach((key, seen) -> {
            var sum = sums.computeIfAbsent(key, none -> new Sum());
            sum.micros += micros;
            sum.byteMicros += (double) seen * micros;
            sum.peakBytes = Math.max(sum.peakBytes, seen);
        });
    }

    /** Hands on what was counted and not handed on yet. */
    public synchronized void handOn() {
        sums.forEach((key, sum) -> ledger.accept(new PlatformMemory(
                hour, key.role(), key.whose(), key.measure(), sum.micros, sum.byteMicros, sum.peakBytes)));
        sums.clear();
        handedOnNanos = ticker.nanos();
    }
}
