package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.UsageLedger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bill, by hand. */
class PricesTest {
    private static final Prices LIST = new Prices("USD", 0.128, 0.0106, 0.60);
    private static final long GB = 1L << 30;
    private static final double HOUR = 3_600e6;

    @TempDir
    Path folder;

    @Test
    void aMillionCallsOfAnHourOfCpuAndTenHoursOfAGigabyte() {
        assertThat(LIST.of(sum(1_000_000, 10 * HOUR * GB, (long) HOUR))).isEqualTo(0.60 + 0.128 + 0.106, within(1e-12));
    }

    @Test
    void alwaysOnIsTheWholeDayOfMemoryAndTheSameCpu() {
        var sum = sum(5, GB, (long) HOUR);

        assertThat(LIST.alwaysOn(sum, null, null, Instant.parse("2026-12-24T00:00:00Z")))
                .isEqualTo(24 * 0.0106 + 0.128, within(1e-12));
        assertThat(LIST.alwaysOn(sum, null, null, Instant.parse("2026-11-23T06:00:00Z")))
                .isEqualTo(6 * 0.0106 + 0.128, within(1e-12));
        assertThat(LIST.alwaysOn(
                        sum,
                        Instant.parse("2026-11-23T10:00:00Z"),
                        Instant.parse("2026-11-23T12:00:00Z"),
                        Instant.parse("2026-12-24T00:00:00Z")))
                .isEqualTo(2 * 0.0106 + 0.128, within(1e-12));
    }

    @Test
    void theShippedListIsUsedUntilThereIsAnother() throws Exception {
        var file = folder.resolve("prices.yaml");
        assertThat(new PriceFile(file).read()).isEqualTo(LIST);

        Files.writeString(file, "currency: EUR\ncpuHour: 1\ngbHour: 2\nmillionInvocations: 3\n");

        assertThat(new PriceFile(file).read()).isEqualTo(new Prices("EUR", 1, 2, 3));
    }

    @Test
    void aWrongPriceFileIsNamedAndExplained() throws Exception {
        var file = folder.resolve("prices.yaml");
        for (var wrong : new String[] {
            "currency: EUR", "cpuHours: 1", "currency: EUR\ncpuHour: -1\ngbHour: 2\nmillionInvocations: 3\n", "- 1"
        }) {
            Files.writeString(file, wrong);

            assertThatThrownBy(() -> new PriceFile(file).read())
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    private static UsageLedger.Sum sum(long invocations, double memoryByteMicros, long cpuMicros) {
        return new UsageLedger.Sum(
                new ProjectName("hello"),
                new FunctionName("api/hello"),
                "2026-11-23",
                invocations,
                0,
                0,
                0,
                memoryByteMicros,
                cpuMicros,
                0,
                0,
                0,
                GB);
    }
}
