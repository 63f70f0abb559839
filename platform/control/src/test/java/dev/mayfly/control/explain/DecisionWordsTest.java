package dev.mayfly.control.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Decision;
import dev.mayfly.engine.Reason;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProjectName;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each reason can be told, and names something that overrules it or says why nothing does. */
class DecisionWordsTest {
    private static final Decision.Inputs BUSY = new Decision.Inputs(3, 2, 2, 1, 80_000, 4_000, 40_000);

    private static String told(Reason reason, Decision.Inputs inputs) {
        return DecisionWords.of(new Decision(
                0,
                new ProjectName("hello"),
                new DeploymentId("7k2m9x4q1a"),
                new FunctionName("api/hello"),
                reason,
                Optional.of(new InvocationId(1)),
                Optional.of(new InstanceId("7k2m9x4q1a-1")),
                inputs,
                Optional.empty()));
    }

    @ParameterizedTest
    @EnumSource
    void everyReasonIsTold(Reason reason) {
        assertThat(told(reason, BUSY))
                .contains(reason.words())
                .containsAnyOf("Request 0000000000000001", "Instance 7k2m9x4q1a-1")
                .endsWith("(3 requests in the queue, 2 running, 2 instances, 1 starting, a start takes 80 ms,"
                        + " a request takes 4.0 ms)");
    }

    @ParameterizedTest
    @EnumSource
    void whatEveryReasonNamesOverrulesItOrIsKnownToOverruleNothing(Reason reason) {
        var keys =
                new AutomaticList(List.of()).all().stream().map(Automatic::key).collect(Collectors.toSet());
        boolean ofTheServer = reason.setting().startsWith("--"); // that list is the server's, and tested there

        assertThat(ofTheServer || keys.contains(reason.setting()) || AutomaticList.BEYOND.containsKey(reason.setting()))
                .as(
                        "%s names %s, which is no key: add it, or say in BEYOND why there is none",
                        reason, reason.setting())
                .isTrue();
    }

    @Test
    void whatOverrulesNothingIsNamedByAReason() {
        assertThat(Arrays.stream(Reason.values()).map(Reason::setting).toList())
                .containsAll(AutomaticList.BEYOND.keySet());
    }

    @Test
    void howLongItWaitedIsSaid() {
        assertThat(told(Reason.SLOT_AFTER_WAITING, BUSY))
                .startsWith(
                        "Request 0000000000000001 got a slot of instance 7k2m9x4q1a-1 after 40 ms: it waited until");
        assertThat(told(Reason.FREE_SLOT, new Decision.Inputs(0, 0, 1, 0, 0, 0, 0)))
                .isEqualTo(
                        "Request 0000000000000001 got a slot of instance 7k2m9x4q1a-1 at once: an instance had a free"
                                + " slot (1 instance)");
        assertThat(told(Reason.WAITED_TOO_LONG, new Decision.Inputs(0, 1, 1, 0, 0, 0, 30_000_000)))
                .startsWith("Request 0000000000000001 was refused after 30.0 s: no slot became free in time");
    }
}
