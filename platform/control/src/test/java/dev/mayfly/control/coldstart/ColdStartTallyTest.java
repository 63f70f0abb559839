package dev.mayfly.control.coldstart;

import static dev.mayfly.control.coldstart.Starts.API;
import static dev.mayfly.control.coldstart.Starts.report;
import static dev.mayfly.control.coldstart.Starts.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.control.coldstart.ColdStartReport.Reason;
import dev.mayfly.control.coldstart.ColdStartReport.Rung;
import dev.mayfly.control.coldstart.ColdStartReport.SlowImport;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.ColdStart.Step;
import dev.mayfly.model.Outcome;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sums of cold starts, by hand. */
class ColdStartTallyTest {
    @Test
    void nothingIsNothing() {
        assertThat(report()).isEqualTo(new ColdStartReport(0, 0, 0, List.of(), List.of(), List.of()));
    }

    @Test
    void waitingIsCountedPerCallAndStepsPerInstance() {
        var pool = start("pool", "", new Step("specialise", 400), new Step("load", 1_600));
        var boot = start(
                "boot",
                "the pool was empty",
                new Step("clone", 1_000),
                new Step("mounts", 2_000),
                new Step("boot", 40_000));

        var report = report(
                Starts.call(1, 2_000, pool),
                Starts.call(1, 1_000, pool),
                Starts.call(2, 3_000, start("pool", "", new Step("specialise", 600), new Step("load", 1_000))),
                Starts.call(3, 43_000, boot));

        assertThat(report.calls()).isEqualTo(4);
        assertThat(report.rungs())
                .containsExactly(
                        new Rung(
                                API,
                                "pool",
                                2,
                                3,
                                2_000,
                                3_000,
                                3_000,
                                7,
                                List.of(new Step("specialise", 500), new Step("load", 1_300)),
                                5_000),
                        new Rung(
                                API,
                                "boot",
                                1,
                                1,
                                43_000,
                                43_000,
                                43_000,
                                7,
                                List.of(new Step("sandbox", 3_000), new Step("boot", 40_000)),
                                5_000));
        assertThat(report.reasons()).containsExactly(new Reason(API, "boot", "the pool was empty", 1));
    }

    @Test
    void quantilesAreOfTheCallsThatWaited() {
        var calls = IntStream.rangeClosed(1, 1_000)
                .mapToObj(i -> Starts.call(i, i, start("pool", "")))
                .toArray(dev.mayfly.model.UsageRecord[]::new);

        assertThat(report(calls).rungs()).singleElement().satisfies(rung -> {
            assertThat(rung.p50Micros()).isEqualTo(500);
            assertThat(rung.p99Micros()).isEqualTo(990);
            assertThat(rung.maxMicros()).isEqualTo(1_000);
        });
    }

    @Test
    void whatHasNoRungIsEitherFailedOrOlder() {
        var report = report(
                Starts.call(1, 97_000, ColdStart.NONE),
                Starts.call(2, 90_000, ColdStart.NONE, Outcome.FAILED, 3_000),
                Starts.call(3, 50_000, ColdStart.NONE, Outcome.FAILED, 0));

        assertThat(report.calls()).isEqualTo(3);
        assertThat(report.unknown()).isEqualTo(2);
        assertThat(report.failed()).isEqualTo(1);
        assertThat(report.rungs()).isEmpty();
    }

    @Test
    void theModulesOnWhichMostTimeGoesComeFirst() {
        var report = report(
                Starts.call(1, 1, Starts.importing("numpy", 100_000)),
                Starts.call(2, 1, Starts.importing("numpy", 110_000)),
                Starts.call(3, 1, Starts.importing("flask", 150_000)));

        assertThat(report.imports())
                .containsExactly(
                        new SlowImport(API, "numpy", 2, 105_000, 110_000),
                        new SlowImport(API, "flask", 1, 150_000, 150_000));
    }

    @Test
    void aWorkerThatNamesOtherModulesEachTimeFillsNoMemory() {
        var calls = IntStream.range(0, 5_000)
                .mapToObj(i -> Starts.call(i + 1, 1, Starts.importing("m" + i, 1_000)))
                .toArray(dev.mayfly.model.UsageRecord[]::new);

        assertThat(report(calls).imports()).hasSize(10);
    }
}
