package dev.mayfly.control.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Trigger;
import dev.mayfly.model.UsageRecord;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Cold starts are counted under names that the platform knows, whatever a worker calls its steps. */
class ColdStartCountsTest {
    private final ColdStartCounts counts = new ColdStartCounts();

    private static UsageRecord call(boolean cold, ColdStart start) {
        return new UsageRecord(
                new InvocationId(1),
                new ProjectName("hello"),
                new DeploymentId("aaaaaaaaaa"),
                new FunctionName("api/hello"),
                new InstanceId("i"),
                Trigger.HTTP,
                0,
                1_000_000,
                2_000_000,
                3_000_000,
                3_000,
                1,
                1,
                1,
                CpuSource.NONE,
                0,
                0,
                Outcome.OK,
                200,
                cold,
                start);
    }

    private Map<String, Double> steps() {
        var steps = new TreeMap<String, Double>();
        counts.steps((rung, step, seconds) -> steps.put(rung + " " + step, seconds));
        return steps;
    }

    @Test
    void knownStepsKeepTheirNamesAndOthersAreOne() {
        var start = new ColdStart(
                "pool",
                "",
                List.of(
                        new ColdStart.Step("load", 4_000_000),
                        new ColdStart.Step("made-up", 500_000),
                        new ColdStart.Step("run", 250_000)),
                List.of());

        counts.count(call(true, start));

        assertThat(steps())
                .containsEntry("pool queue", 1.0)
                .containsEntry("pool init", 2.0)
                .containsEntry("pool run", 3.0)
                .containsEntry("pool load", 4.0)
                .containsEntry("pool other", 0.75)
                .hasSize(8);
    }

    @Test
    void aRungThatIsNotKnownIsAnother() {
        counts.count(call(true, ColdStart.NONE));

        assertThat(steps()).containsEntry("other init", 2.0).doesNotContainKey(" init");
    }

    @Test
    void aWarmCallIsNone() {
        counts.count(call(false, ColdStart.NONE));

        assertThat(steps()).isEmpty();
    }
}
