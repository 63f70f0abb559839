package dev.mayfly.control;

import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.UsageLedger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * What usage costs: a pure function of usage and four numbers. Active CPU and provisioned memory are priced by the hour, invocations by the
 * million. CPU that no invocation accounts for is shown, never priced.
 *
 * @param currency shown beside every price, such as {@code USD}
 * @param cpuHour of one processor
 * @param gbHour of 2^30 bytes provisioned
 * @param millionInvocations successful or not
 */
public record Prices(String currency, double cpuHour, double gbHour, double millionInvocations) {
    private static final double MICROS_PER_HOUR = 3_600e6;
    private static final double GB = 1L << 30;

    /** Refuses what is not a price. */
    public Prices {
        atLeastZero("cpuHour", cpuHour);
        atLeastZero("gbHour", gbHour);
        atLeastZero("millionInvocations", millionInvocations);
    }

    double of(UsageRecord usage) {
        return price(1, usage.cpuMicros(), (double) usage.memory() * usage.memoryMicros());
    }

    double of(UsageLedger.Sum sum) {
        return price(sum.invocations(), sum.cpuMicros(), sum.memoryByteMicros());
    }

    double of(long invocations, long cpuMicros, double memoryByteMicros) {
        return price(invocations, cpuMicros, memoryByteMicros);
    }

    /** Of memory alone. */
    double ofMemory(double byteMicros) {
        return price(0, 0, byteMicros);
    }

    static double gbSeconds(double byteMicros) {
        return byteMicros / GB / 1e6;
    }

    /**
     * What one instance that never went away would have cost on the day of {@code sum}: its memory for as much of the day as lies in the
     * question and in the past, and the same active CPU. Invocations are not counted: machines are not priced by them.
     */
    double alwaysOn(UsageLedger.Sum sum, @Nullable Instant since, @Nullable Instant until, Instant now) {
        var start = LocalDate.parse(sum.day()).atStartOfDay(ZoneOffset.UTC);
        long from = Math.max(start.toInstant().toEpochMilli(), since == null ? Long.MIN_VALUE : since.toEpochMilli());
        long to = Math.min(
                Math.min(start.plusDays(1).toInstant().toEpochMilli(), now.toEpochMilli()),
                until == null ? Long.MAX_VALUE : until.toEpochMilli());
        double micros = Math.max(0, to - from) * 1000.0;
        return price(0, sum.cpuMicros(), sum.memory() * micros);
    }

    private double price(long invocations, long cpuMicros, double memoryByteMicros) {
        return invocations * millionInvocations / 1e6
                + cpuMicros / MICROS_PER_HOUR * cpuHour
                + memoryByteMicros / GB / MICROS_PER_HOUR * gbHour;
    }

    private static void atLeastZero(String name, double price) {
        if (!(price >= 0) || Double.isInfinite(price)) {
            throw new IllegalArgumentException(name + ": " + price + " (expected: >= 0)");
        }
    }
}
