package dev.mayfly.engine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What came of the requests of one function in each of the last seconds. Free of locks: any thread may add and any may read. A second is an object that
 * is made by whoever adds to it first, and takes the place of one that is long past; who still adds to that one adds to nothing that is read.
 */
@SuppressWarnings("EnumOrdinal") // places in an array of this process, kept nowhere
final class RecentSeconds {
    /** How far back is told: this second and those before. */
    static final int WINDOW = 10;

    private static final int SLOTS = 16;
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AtomicReferenceArray<@Nullable Second> seconds = new AtomicReferenceArray<>(SLOTS);

    private enum Sum {
        ENDED,
        ERRORS,
        COLD,
        CPU_MICROS,
        MEMORY_KIB_MICROS
    }

    private static final class Second {
        private final long number;
        private final AtomicLongArray sums = new AtomicLongArray(Sum.values().length);
        private final AtomicIntegerArray spans = new AtomicIntegerArray(Spans.BUCKETS);

        private Second(long number) {
            this.number = number;
        }

        private void add(Sum sum, long amount) {
            if (amount != 0) {
                sums.getAndAdd(sum.ordinal(), amount);
            }
        }
    }

    /**
     * A request that ran.
     *
     * @param memoryKibMicros KiB of its instance times what it is charged of that one's busy time
     */
    void ran(long second, long micros, boolean error, boolean cold, long cpuMicros, long memoryKibMicros) {
        var to = second(second);
        to.spans.getAndIncrement(Spans.bucket(micros));
        to.add(Sum.ERRORS, error ? 1 : 0);
        to.add(Sum.COLD, cold ? 1 : 0);
        to.add(Sum.CPU_MICROS, cpuMicros);
        to.add(Sum.MEMORY_KIB_MICROS, memoryKibMicros);
        to.add(Sum.ENDED, 1);
    }

    /** One that did not: how long it took says nothing of the function. */
    void didNotRun(long second, boolean error) {
        var to = second(second);
        to.add(Sum.ERRORS, error ? 1 : 0);
        to.add(Sum.ENDED, 1);
    }

    private Second second(long number) {
        int slot = (int) Math.floorMod(number, (long) SLOTS);
        while (true) {
            var there = seconds.get(slot);
            if (there != null && there.number >= number) { // a later one: whoever adds is late by the whole window
                return there.number == number ? there : new Second(number);
            }
            var made = new Second(number);
            if (seconds.compareAndSet(slot, there, made)) {
                return made;
            }
        }
    }

    /** The number of the second in which that is. */
    static long numberOf(long nanos) {
        return Math.floorDiv(nanos, SECOND_NANOS);
    }

    Recent read(long nanos) {
        long now = numberOf(nanos);
        long ended = 0;
        long errors = 0;
        long cold = 0;
        long cpu = 0;
        double memory = 0;
        var spans = new long[Spans.BUCKETS];
        for (int slot = 0; slot < SLOTS; slot++) {
            var each = seconds.get(slot);
            if (each == null || each.number <= now - WINDOW || each.number > now) {
                continue;
            }
            ended += each.sums.get(Sum.ENDED.ordinal());
            errors += each.sums.get(Sum.ERRORS.ordinal());
            cold += each.sums.get(Sum.COLD.ordinal());
            cpu += each.sums.get(Sum.CPU_MICROS.ordinal());
            memory += 1024.0 * each.sums.get(Sum.MEMORY_KIB_MICROS.ordinal());
            for (int i = 0; i < spans.length; i++) {
                spans[i] += each.spans.get(i);
            }
        }
        return new Recent(
                (WINDOW - 1) * 1_000_000L + Math.floorMod(nanos, SECOND_NANOS) / 1000,
                ended,
                errors,
                cold,
                cpu,
                memory,
                Spans.quantile(spans, 0.5),
                Spans.quantile(spans, 0.99));
    }
}
