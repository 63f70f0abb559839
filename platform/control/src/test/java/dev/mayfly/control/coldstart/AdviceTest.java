package dev.mayfly.control.coldstart;

import static dev.mayfly.control.coldstart.Starts.API;
import static dev.mayfly.control.coldstart.Starts.report;
import static dev.mayfly.control.coldstart.Starts.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.ColdStart.Import;
import dev.mayfly.model.ColdStart.Step;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.UsageRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each rule, and that it keeps silent. */
class AdviceTest {
    private static final ColdStart FAST = start("pool", "", new Step("specialise", 400), new Step("load", 1_600));

    private static List<Advice> advice(UsageRecord... calls) {
        return Advice.of(report(calls), Map.of(API, 1_000L));
    }

    @Test
    void fastStartsNeedNone() {
        assertThat(advice()).isEmpty();
        assertThat(advice(Starts.call(1, 2_000, FAST))).isEmpty();
    }

    @Test
    void aSlowImportIsNamed() {
        assertThat(advice(Starts.call(1, 200_000, Starts.importing("numpy", 103_000))))
                .containsExactly(
                        new Advice(
                                Optional.of(API),
                                "imports",
                                "importing numpy takes 103 ms of the 200 ms that a start takes",
                                "import it inside the handler that needs it; where a dependency zygote can hold it, later starts are spared that"));
    }

    @Test
    void whereDependenciesAreHeldAlreadyThatIsNotAdvised() {
        var start = new ColdStart(
                "dependencies", "", List.of(new Step("load", 60_000)), List.of(new Import("models", 50_000)));

        assertThat(advice(Starts.call(1, 60_000, start)))
                .singleElement()
                .extracting(Advice::fix)
                .isEqualTo("import it inside the handler that needs it");
    }

    @Test
    void anImportThatADependencyZygoteSparesMostStartsIsNotAdvisedAgainst() {
        var first = Starts.call(1, 200_000, Starts.importing("numpy", 103_000));
        var held = new ColdStart("dependencies", "", List.of(new Step("load", 8_000)), List.of());
        var others = IntStream.range(2, 12).mapToObj(i -> Starts.call(i, 10_000, held));

        assertThat(advice(Stream.concat(Stream.of(first), others).toArray(UsageRecord[]::new)))
                .isEmpty();
        assertThat(advice(first, Starts.call(2, 10_000, held)))
                .singleElement()
                .extracting(Advice::text)
                .isEqualTo("importing numpy takes 103 ms of the 200 ms that a start takes");
    }

    @Test
    void slowLoadingWithoutASlowImportIsTheFunctionsOwn() {
        assertThat(advice(Starts.call(1, 200_000, Starts.importing("json", 2_000))))
                .singleElement()
                .satisfies(advice -> {
                    assertThat(advice.about()).isEqualTo("load");
                    assertThat(advice.text())
                            .isEqualTo("loading its code takes 150 ms of the 200 ms that a start takes");
                });
    }

    @Test
    void whatEveryWorkerImportsFromBootIsNotTheFunctionsOwn() {
        var boot = start("boot", "", new Step("sandbox", 4_000), new Step("boot", 7_000), new Step("load", 28_000));

        assertThat(advice(Starts.call(1, 42_000, boot))).isEmpty();
    }

    @Test
    void aVariableThatKeepsAFunctionOffTheLadderHasItsCost() {
        var slow = start(
                "boot",
                "the function sets LANG, PYTHONPATH, read when a process starts",
                new Step("boot", 90_000),
                new Step("load", 7_000));
        var other = new FunctionName("api/fast");

        assertThat(advice(Starts.call(1, 97_000, slow), Starts.call(other, 2, 0, 3_000, FAST, Outcome.OK, 1_000)))
                .containsExactly(new Advice(
                        Optional.of(API),
                        "variable",
                        "it sets LANG, PYTHONPATH, read only when a process starts: 1 start from boot, 97 ms at the"
                                + " median, where api/fast from pool takes 3.0 ms",
                        "do without, if that can be: mayfly env rm LANG PYTHONPATH, or take it out of mayfly.yaml,"
                                + " and deploy"));
        assertThat(advice(Starts.call(1, 97_000, slow)).getFirst().text()).endsWith("97 ms at the median");
    }

    @Test
    void aVariableThatDependenciesLookUpIsNotSaidToBeReadAtTheStart() {
        var zygote = start(
                "zygote",
                "the function sets HF_HOME, which its dependencies look up when they are imported",
                new Step("load", 90_000));

        assertThat(advice(Starts.call(1, 97_000, zygote)).getFirst().text())
                .startsWith(
                        "it sets HF_HOME, which its dependencies look up when they are imported: 1 start from zygote");
    }

    @Test
    void aPoolThatIsOftenEmptyIsTheOperatorsMatter() {
        var boot = start("boot", "none was waiting in the pool", new Step("boot", 40_000));
        var empty = IntStream.range(0, 3)
                .mapToObj(i -> Starts.call(i + 1, 40_000, boot))
                .toArray(UsageRecord[]::new);

        assertThat(advice(empty))
                .containsExactly(new Advice(
                        Optional.empty(),
                        "pool",
                        "the pool was empty for 3 of 3 starts",
                        "give the server more room for prewarmed workers: --pool-workers and --pool-memory"));
        assertThat(advice(empty[0], empty[1])).isEmpty();
    }

    @Test
    void callsThatAreOftenColdAreKeptWarmOnlyWhereOneNotices() {
        var slow = start("boot", "", new Step("boot", 40_000));

        assertThat(Advice.of(report(colds(10, 40_000, slow)), Map.of(API, 20L)))
                .singleElement()
                .satisfies(advice -> {
                    assertThat(advice.about()).isEqualTo("idle");
                    assertThat(advice.text()).isEqualTo("10 of 20 calls waited for a start");
                });
        assertThat(Advice.of(report(colds(10, 40_000, slow)), Map.of(API, 1_000L)))
                .isEmpty();
        assertThat(Advice.of(report(colds(10, 2_000, FAST)), Map.of(API, 20L))).isEmpty();
        assertThat(Advice.of(report(colds(10, 40_000, slow)), Map.of())).isEmpty();
    }

    private static UsageRecord[] colds(int count, long initMicros, ColdStart start) {
        return IntStream.range(0, count)
                .mapToObj(i -> Starts.call(i + 1, initMicros, start))
                .toArray(UsageRecord[]::new);
    }

    @Test
    void waitingForASlotIsNotWaitingForAStart() {
        assertThat(advice(Starts.call(API, 1, 500_000, 2_000, FAST, Outcome.OK, 1_000)))
                .singleElement()
                .satisfies(advice -> {
                    assertThat(advice.about()).isEqualTo("queue");
                    assertThat(advice.text()).contains("500 ms");
                });
    }

    @Test
    void startsThatFailedComeFirst() {
        assertThat(advice(
                        Starts.call(1, 200_000, Starts.importing("numpy", 103_000)),
                        Starts.call(2, 50_000, ColdStart.NONE, Outcome.FAILED, 0)))
                .extracting(Advice::about)
                .containsExactly("failed", "imports");
    }
}
