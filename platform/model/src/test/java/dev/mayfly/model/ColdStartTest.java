package dev.mayfly.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ColdStart.Step;
import java.util.List;
import org.junit.jupiter.api.Test;

class ColdStartTest {
    private static ColdStart from(String rung, Step... steps) {
        return new ColdStart(rung, "", List.of(steps), List.of());
    }

    @Test
    void aPooledStartSaysItsSteps() {
        assertThat(from("pool", new Step("specialise", 400), new Step("load", 1_640))
                        .inWords())
                .isEqualTo("from pool (specialise 0.4, load 1.6)");
    }

    @Test
    void makingTheSandboxIsOneStepAndTheFirst() {
        var start = from(
                "boot",
                new Step("boot", 26_000),
                new Step("clone", 300),
                new Step("mounts", 200),
                new Step("spawn", 17_600),
                new Step("load", 36_500));

        assertThat(start.phases())
                .containsExactly(new Step("sandbox", 18_100), new Step("boot", 26_000), new Step("load", 36_500));
        assertThat(start.inWords()).isEqualTo("from boot (sandbox 18, boot 26, load 37)");
        assertThat(start.micros()).isEqualTo(80_600);
    }

    @Test
    void whatTookNoTimeIsNotSaid() {
        assertThat(from("zygote", new Step("clone", 49), new Step("load", 0)).inWords())
                .isEqualTo("from zygote");
    }

    @Test
    void whatIsNotKnownIsNotSaid() {
        assertThat(ColdStart.NONE.known()).isFalse();
        assertThat(ColdStart.NONE.inWords()).isEmpty();
        assertThat(ColdStart.NONE.phases()).isEmpty();
    }
}
