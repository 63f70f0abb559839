package dev.mayfly.store;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.UnmeteredUsage;
import dev.mayfly.model.UsageRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One record per invocation, kept for thirteen months. Appending a record twice keeps one. */
public interface UsageLedger {
    /** Appends in memory and returns at once; durable within a second. Callable from anywhere, never blocks. */
    void append(UsageRecord entry);

    void append(UnmeteredUsage entry);

    void append(PlatformMemory entry);

    /** Waits until all that was appended before is durable. */
    void flush();

    /** Appended entries are found at once. */
    Optional<UsageRecord> find(InvocationId id);

    /** Newest first. */
    List<UsageRecord> records(Filter filter, int limit);

    /**
     * Hands on the records of cold invocations, newest first, one at a time: there may be more than fit into memory.
     *
     * @param limit at most so many
     * @param each called on a thread of the store, which does nothing else meanwhile: must be quick, and may not throw
     */
    void coldStarts(Filter filter, int limit, Consumer<UsageRecord> each);

    /** Sums per project, function and UTC day, in that order. */
    List<Sum> sums(Filter filter);

    /** Sums per UTC day, role, owner and measure, in that order. The hours in which {@code since} and {@code until} lie count whole. */
    List<PlatformSum> platform(@Nullable Instant since, @Nullable Instant until);

    /** Forgets all that started before {@code before}; call it now and then with the retention of thirteen months. */
    void purge(Instant before);

    /** Every part may be null: not filtered. {@code since} is inclusive, {@code until} exclusive. */
    record Filter(
            @Nullable ProjectName project,
            @Nullable FunctionName function,
            @Nullable Instant since,
            @Nullable Instant until) {}

    /**
     * @param day as 2026-11-23
     * @param failed those whose outcome is FAILED or TIMEOUT
     * @param memoryByteMicros configured bytes times billed microseconds of instance time; divide by 2^30 * 10^6 for GB-seconds
     * @param unmeteredCpuMicros CPU no invocation accounts for
     * @param memory most bytes configured for an invocation of that day; 0 when there was none
     */
    record Sum(
            ProjectName project,
            FunctionName function,
            String day,
            long invocations,
            long cold,
            long failed,
            long billedMillis,
            double memoryByteMicros,
            long cpuMicros,
            long unmeteredCpuMicros,
            long bytesIn,
            long bytesOut,
            long memory) {}

    /**
     * Memory of the platform's own processes on one day, as {@link PlatformMemory} says.
     *
     * @param day as 2026-11-23
     */
    record PlatformSum(
            String day,
            String role,
            String whose,
            PlatformMemory.Measure measure,
            long micros,
            double byteMicros,
            long peakBytes) {}
}
