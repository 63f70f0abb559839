package dev.mayfly.store;

import static dev.mayfly.store.Samples.FUNCTION;
import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.NOON;
import static dev.mayfly.store.Samples.OTHER;
import static dev.mayfly.store.Samples.unmetered;
import static dev.mayfly.store.Samples.usage;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.PlatformMemory.Measure;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.UsageLedger.Filter;
import dev.mayfly.store.UsageLedger.PlatformSum;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every usage ledger does. */
public abstract class UsageLedgerContract {
    private static final Filter ALL = new Filter(null, null, null, null);
    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final long HOUR = Duration.ofHours(1).toMillis();

    private UsageLedger ledger;

    /** An empty ledger; the test does not close it. */
    protected abstract UsageLedger open() throws Exception;

    /** The same ledger, closed and opened again. */
    protected abstract UsageLedger reopen() throws Exception;

    @BeforeEach
    void openLedger() throws Exception {
        ledger = open();
    }

    @Test
    void anAppendedRecordIsFoundAtOnceAndWhole() {
        var record = usage(HELLO, NOON, 7, Outcome.TIMEOUT);
        ledger.append(record);

        assertThat(ledger.find(record.id())).contains(record);
        assertThat(ledger.find(InvocationId.of(NOON, 8))).isEmpty();
    }

    @Test
    void aRecordAppendedTwiceIsKeptOnce() throws Exception {
        ledger.append(usage(HELLO, NOON, 1));
        ledger.append(usage(HELLO, NOON, 1));
        ledger.flush();
        ledger.append(usage(HELLO, NOON, 1));
        assertThat(ledger.records(ALL, 10)).containsExactly(usage(HELLO, NOON, 1));

        ledger = reopen();
        ledger.append(usage(HELLO, NOON, 1));

        assertThat(ledger.records(ALL, 10)).containsExactly(usage(HELLO, NOON, 1));
    }

    @Test
    void closingWritesWhatWaits() throws Exception {
        ledger.append(usage(HELLO, NOON, 1));
        ledger.append(unmetered(HELLO, NOON, 5));

        ledger = reopen();

        assertThat(ledger.sums(ALL)).singleElement().satisfies(sum -> {
            assertThat(sum.invocations()).isEqualTo(1);
            assertThat(sum.unmeteredCpuMicros()).isEqualTo(5);
        });
    }

    @Test
    void recordsAreFilteredAndNewestFirst() {
        ledger.append(usage(HELLO, NOON, 1));
        ledger.append(usage(HELLO, NOON + 10, 2));
        ledger.append(usage(OTHER, NOON + 20, 3));

        assertThat(ledger.records(ALL, 2)).extracting(UsageRecord::startedAt).containsExactly(NOON + 20, NOON + 10);
        assertThat(ledger.records(new Filter(HELLO, null, null, null), 10))
                .extracting(UsageRecord::startedAt)
                .containsExactly(NOON + 10, NOON);
        assertThat(ledger.records(new Filter(null, null, at(NOON + 10), at(NOON + 20)), 10))
                .extracting(UsageRecord::startedAt)
                .containsExactly(NOON + 10);
        assertThat(ledger.records(new Filter(HELLO, new FunctionName("app"), null, null), 10))
                .isEmpty();
    }

    @Test
    void sumsArePerProjectFunctionAndDay() {
        ledger.append(usage(OTHER, NOON + 1, 0));
        ledger.append(usage(HELLO, NOON + DAY, 1));
        ledger.append(usage(HELLO, NOON, 0));
        ledger.append(usage(HELLO, NOON, 2, Outcome.FAILED));
        ledger.append(usage(HELLO, NOON, 3, Outcome.TIMEOUT));
        ledger.append(usage(HELLO, NOON, 4, Outcome.DISCONNECTED));
        ledger.append(unmetered(HELLO, NOON, 30));
        ledger.append(unmetered(HELLO, NOON, 12));
        ledger.append(unmetered(HELLO, NOON - DAY, 7));

        double one = 2_500.0 * (512L << 20);
        assertThat(ledger.sums(ALL))
                .containsExactly(
                        new UsageLedger.Sum(HELLO, FUNCTION, "2026-11-22", 0, 0, 0, 0, 0, 0, 7, 0, 0, 0),
                        new UsageLedger.Sum(
                                HELLO, FUNCTION, "2026-11-23", 4, 1, 2, 12, 4 * one, 6_000, 42, 40, 80, 512L << 20),
                        new UsageLedger.Sum(
                                HELLO, FUNCTION, "2026-11-24", 1, 0, 0, 3, one, 1_500, 0, 10, 20, 512L << 20),
                        new UsageLedger.Sum(
                                OTHER, FUNCTION, "2026-11-23", 1, 1, 0, 3, one, 1_500, 0, 10, 20, 512L << 20));
        assertThat(ledger.sums(new Filter(HELLO, FUNCTION, at(NOON), at(NOON + 1))))
                .extracting(UsageLedger.Sum::day)
                .containsExactly("2026-11-23");
        assertThat(ledger.sums(new Filter(null, null, at(NOON + 2 * DAY), null)))
                .isEmpty();
    }

    @Test
    void aColdRecordKeepsHowItsInstanceWasStarted() throws Exception {
        ledger.append(usage(HELLO, NOON, 0));
        ledger.append(usage(HELLO, NOON, 1));

        ledger = reopen();

        assertThat(ledger.find(InvocationId.of(NOON, 0)))
                .map(UsageRecord::start)
                .contains(Samples.START);
        assertThat(ledger.find(InvocationId.of(NOON, 1)))
                .map(UsageRecord::start)
                .contains(ColdStart.NONE);
    }

    @Test
    void coldRecordsAreHandedOnNewestFirstAndNoMoreThanAskedFor() {
        ledger.append(usage(HELLO, NOON, 0));
        ledger.append(usage(HELLO, NOON + 1, 1));
        ledger.append(usage(HELLO, NOON + 2, 0));
        ledger.append(usage(HELLO, NOON + 3, 0, Outcome.FAILED));
        ledger.append(usage(OTHER, NOON + 4, 0));

        assertThat(cold(new Filter(HELLO, null, null, null), 10))
                .extracting(UsageRecord::startedAt)
                .containsExactly(NOON + 3, NOON + 2, NOON);
        assertThat(cold(ALL, 2)).extracting(UsageRecord::startedAt).containsExactly(NOON + 4, NOON + 3);
        assertThat(cold(new Filter(HELLO, FUNCTION, at(NOON + 1), at(NOON + 3)), 10))
                .extracting(UsageRecord::startedAt)
                .containsExactly(NOON + 2);
        assertThat(cold(new Filter(HELLO, new FunctionName("app"), null, null), 10))
                .isEmpty();
    }

    private List<UsageRecord> cold(Filter filter, int limit) {
        var found = new ArrayList<UsageRecord>();
        ledger.coldStarts(filter, limit, found::add);
        return found;
    }

    @Test
    void platformMemoryOfAnHourAddsUp() throws Exception {
        ledger.append(platform(NOON, "pool", "python3.11", 10, 2_000, 300));
        ledger.append(platform(NOON, "pool", "python3.11", 5, 500, 100));

        ledger = reopen();
        ledger.append(platform(NOON, "pool", "python3.11", 1, 50, 400));
        ledger.append(platform(NOON + HOUR, "pool", "python3.11", 7, 70, 10));
        ledger.append(platform(NOON + DAY, "dependency-zygote", "hello", 3, 30, 10));

        assertThat(ledger.platform(null, null))
                .containsExactly(
                        new PlatformSum("2026-11-23", "pool", "python3.11", Measure.PROPORTIONAL, 23, 2_620, 400),
                        new PlatformSum("2026-11-24", "dependency-zygote", "hello", Measure.PROPORTIONAL, 3, 30, 10));
        assertThat(ledger.platform(at(NOON + HOUR - 1), at(NOON + 1)))
                .extracting(PlatformSum::micros)
                .containsExactly(16L);
        assertThat(ledger.platform(at(NOON + HOUR), at(NOON + DAY)))
                .extracting(PlatformSum::micros)
                .containsExactly(7L);
        assertThat(ledger.platform(at(NOON + 2 * DAY), null)).isEmpty();
    }

    private static PlatformMemory platform(
            long hour, String role, String whose, long micros, double byteMicros, long peak) {
        return new PlatformMemory(hour, role, whose, Measure.PROPORTIONAL, micros, byteMicros, peak);
    }

    @Test
    void manyThreadsLoseAndDoubleNothing() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int thread = 0; thread < 20; thread++) {
                int first = thread * 50;
                threads.execute(() -> {
                    for (int n = first; n < first + 50; n++) {
                        ledger.append(usage(HELLO, NOON + n, n));
                        ledger.append(unmetered(HELLO, NOON + n, 1));
                    }
                });
            }
        }

        ledger = reopen();

        assertThat(ledger.records(ALL, 10_000))
                .hasSize(1_000)
                .extracting(UsageRecord::id)
                .doesNotHaveDuplicates();
        assertThat(ledger.sums(ALL)).singleElement().satisfies(sum -> {
            assertThat(sum.invocations()).isEqualTo(1_000);
            assertThat(sum.unmeteredCpuMicros()).isEqualTo(1_000);
        });
    }

    @Test
    void aFloodIsWrittenWhole() {
        int flood = 50_000;
        for (int n = 0; n < flood; n++) {
            ledger.append(usage(HELLO, NOON, n));
        }

        assertThat(ledger.sums(ALL))
                .singleElement()
                .extracting(UsageLedger.Sum::invocations)
                .isEqualTo((long) flood);
    }

    @Test
    void whatIsOlderThanTheRetentionIsForgotten() {
        for (int n = 0; n < 12_000; n++) {
            ledger.append(usage(HELLO, NOON - 1, n));
        }
        ledger.append(usage(HELLO, NOON, 1));
        ledger.append(unmetered(HELLO, NOON - 1, 1));
        ledger.append(unmetered(HELLO, NOON, 2));
        ledger.append(platform(NOON - HOUR, "pool", "python3.11", 10, 2_000, 300));
        ledger.append(platform(NOON, "pool", "python3.11", 1, 1, 1));

        ledger.purge(at(NOON));

        assertThat(ledger.records(ALL, 20_000)).containsExactly(usage(HELLO, NOON, 1));
        assertThat(ledger.sums(ALL))
                .singleElement()
                .extracting(UsageLedger.Sum::unmeteredCpuMicros)
                .isEqualTo(2L);
        assertThat(ledger.platform(null, null))
                .singleElement()
                .extracting(PlatformSum::micros)
                .isEqualTo(1L);
    }

    private static Instant at(long millis) {
        return Instant.ofEpochMilli(millis);
    }
}
