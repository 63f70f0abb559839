package dev.mayfly.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a function may use and reach, what surrounds it, and how it scales. Always on; every value is a setting of {@code mayfly.yaml}.
 *
 * @param memory bytes per instance
 * @param cpu processors per instance
 * @param concurrency requests at a time per instance; null: what the {@link ServingMode} says
 * @param minInstances instances kept when idle
 * @param maxInstances instances at most
 * @param timeout from dispatch to the end of the response
 * @param idleTimeout an instance without requests is ended after this
 * @param queue requests that may wait for an instance
 * @param queueTimeout how long one may wait
 * @param requestBody bytes of a request body at most
 * @param requestHeaders bytes of a request head at most
 * @param pids processes and threads per instance
 * @param tmp bytes below {@code /tmp} per instance
 * @param inodes files and folders below {@code /tmp} per instance
 * @param logRate bytes of log per second and instance; more is dropped and counted
 * @param egress where an instance may connect to; null: what the operator of the server says, see {@link #egressOr}
 * @param isolation the least that must surround an instance
 * @param zygotes whether an instance may be copied from a running process; if not, each is a process started from nothing
 * @param reservedConcurrency requests of the function, on all its instances, that run at once: so many may whatever others do, and never more; 0:
 *     none may; null: as many as others leave
 */
public record Limits(
        long memory,
        double cpu,
        @Nullable Integer concurrency,
        int minInstances,
        int maxInstances,
        Duration timeout,
        Duration idleTimeout,
        int queue,
        Duration queueTimeout,
        long requestBody,
        int requestHeaders,
        int pids,
        long tmp,
        int inodes,
        long logRate,
        @Nullable Egress egress,
        Isolation isolation,
        boolean zygotes,
        @Nullable Integer reservedConcurrency) {
    private static final long MIB = 1024L * 1024;
    private static final long PIB = MIB << 30;
    private static final long YEAR = Duration.ofDays(365).toMillis();

    /** The defaults of DESIGN.md section 5. */
    public static final Limits DEFAULTS = new Limits(
            512 * MIB,
            1.0,
            null,
            0,
            20,
            Duration.ofSeconds(300),
            Duration.ofSeconds(60),
            1000,
            Duration.ofSeconds(30),
            100 * MIB,
            64 * 1024,
            256,
            512 * MIB,
            65_536,
            MIB,
            null,
            Isolation.DEFAULT,
            true,
            null);

    /** Those of a function that reserves nothing. */
    public Limits(
            long memory,
            double cpu,
            @Nullable Integer concurrency,
            int minInstances,
            int maxInstances,
            Duration timeout,
            Duration idleTimeout,
            int queue,
            Duration queueTimeout,
            long requestBody,
            int requestHeaders,
            int pids,
            long tmp,
            int inodes,
            long logRate,
            @Nullable Egress egress,
            Isolation isolation,
            boolean zygotes) {
        this(
                memory,
                cpu,
                concurrency,
                minInstances,
                maxInstances,
                timeout,
                idleTimeout,
                queue,
                queueTimeout,
                requestBody,
                requestHeaders,
                pids,
                tmp,
                inodes,
                logRate,
                egress,
                isolation,
                zygotes,
                null);
    }

    public Limits {
        within("memory", memory, 16 * MIB, PIB);
        if (!(cpu > 0 && cpu <= 1024)) {
            throw new IllegalArgumentException("cpu: " + cpu + " (expected: > 0 and <= 1024)");
        }
        if (concurrency != null) {
            within("concurrency", concurrency, 1, 10_000);
        }
        atLeast("minInstances", minInstances, 0);
        atLeast("maxInstances", maxInstances, Math.max(1, minInstances));
        within("timeout", timeout.toMillis(), 1, YEAR);
        within("idleTimeout", idleTimeout.toMillis(), 0, YEAR);
        atLeast("queue", queue, 0);
        within("queueTimeout", queueTimeout.toMillis(), 1, YEAR);
        atLeast("requestBody", requestBody, 0);
        atLeast("requestHeaders", requestHeaders, 1024);
        within("pids", pids, 1, 4_194_303);
        within("tmp", tmp, 0, PIB);
        atLeast("inodes", inodes, 1);
        atLeast("logRate", logRate, 0);
        if (reservedConcurrency != null) {
            atLeast("reservedConcurrency", reservedConcurrency, 0);
            if (reservedConcurrency == 0 && minInstances > 0) {
                throw new IllegalArgumentException("reservedConcurrency: 0 (expected: >= 1, because minInstances is "
                        + minInstances + "; 0 lets no request run)");
            }
        }
    }

    /** Requests at a time that one instance in this mode takes. */
    public int concurrencyFor(ServingMode mode) {
        return concurrency != null ? concurrency : mode.defaultConcurrency();
    }

    /** Where an instance may connect to, where {@code operator} is the default of the server ({@code internet} unless it was set). */
    public Egress egressOr(Egress operator) {
        return egress != null ? egress : operator;
    }

    /** What the kernel, the launcher of sandboxes, or arithmetic of times and counts takes. */
    private static void within(String setting, long value, long least, long most) {
        atLeast(setting, value, least);
        if (value > most) {
            throw new IllegalArgumentException(setting + ": " + value + " (expected: <= " + most + ")");
        }
    }

    private static void atLeast(String setting, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(setting + ": " + value + " (expected: >= " + least + ")");
        }
    }
}
