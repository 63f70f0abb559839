package dev.mayfly.control.activity;

import dev.mayfly.provider.Provider.PlatformProcess;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What instances use of processors and memory, by looking at their processes twice. The owner of the last two looks, which all who ask share: however
 * many do, the kernel is asked at most twice in a second. Nothing is looked at while nobody asks.
 */
public final class InstanceLooks {
    private static final long APART_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** Two looks that are further apart say nothing of now. */
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Supplier<List<PlatformProcess>> processes;
    private final LongSupplier nanos;
    private @Nullable Look before;
    private @Nullable Look last;

    private record Look(long at, Map<String, Seen> instances) {}

    private record Seen(long cpuMicros, long bytes) {}

    /**
     * What an instance uses.
     *
     * @param cpu processors, on average between two looks
     */
    public record Use(double cpu, long bytes) {
        public static final Use NOTHING = new Use(0, 0);

        public Use plus(Use other) {
            return new Use(cpu + other.cpu, bytes + other.bytes);
        }
    }

    public InstanceLooks(Supplier<List<PlatformProcess>> processes, LongSupplier nanos) {
        this.processes = processes;
        this.nanos = nanos;
    }

    /** By instance. Reads the kernel, and waits half a second where nobody has asked for a while: not for event loops. */
    public synchronized Map<String, Use> look() throws InterruptedException {
        long now = nanos.getAsLong();
        if (last == null || now - last.at > LONGEST_NANOS) {
            last = seen();
            before = null;
        }
        if (before == null) {
            TimeUnit.NANOSECONDS.sleep(Math.max(0, last.at + APART_NANOS - nanos.getAsLong()));
        }
        if (before == null || nanos.getAsLong() - last.at >= APART_NANOS) {
            before = last;
            last = seen();
        }
        return uses(before, last);
    }

    private Look seen() {
        var instances = new HashMap<String, Seen>();
        long at = nanos.getAsLong();
        for (var process : processes.get()) {
            if (!process.instance().isEmpty()) {
                instances.merge(
                        process.instance(),
                        new Seen(process.cpuMicros(), Math.max(0, process.residentBytes())),
                        (one, other) -> new Seen(one.cpuMicros + other.cpuMicros, one.bytes + other.bytes));
            }
        }
        return new Look(at, instances);
    }

    private static Map<String, Use> uses(Look from, Look to) {
        double micros = Math.max(1, to.at - from.at) / 1000.0;
        var uses = new HashMap<String, Use>();
        to.instances.forEach((instance, seen) -> {
            var then = from.instances.get(instance);
            double cpu = then == null ? 0 : Math.max(0, seen.cpuMicros - then.cpuMicros) / micros;
            uses.put(instance, new Use(cpu, seen.bytes));
        });
        return uses;
    }
}
