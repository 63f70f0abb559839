package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.gateway.observe.TraceParent;
import io.vertx.core.MultiMap;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** W3C Trace Context: what goes on, and what begins. */
class TraceContextTest {
    private static final String GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @ParameterizedTest
    @ValueSource(
            strings = {
                GOOD,
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later",
            })
    void aGoodOneGoesOnWithItsState(String parent) {
        var headers =
                headers().add("TraceParent", parent).add("tracestate", "a=1").add("tracestate", "b=2");

        TraceContext.complete(headers, new SplittableRandom(1), true);

        assertThat(headers.getAll("traceparent")).containsExactly(parent);
        assertThat(headers.getAll("tracestate")).containsExactly("a=1", "b=2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
                "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-001",
                " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            })
    void aBadOneIsReplacedAndItsStateDropped(String parent) {
        var headers = headers().add("traceparent", parent).add("tracestate", "a=1");

        TraceContext.complete(headers, new SplittableRandom(1), false);

        assertThat(headers.get("traceparent"))
                .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00")
                .isNotEqualTo(parent);
        assertThat(headers.contains("tracestate")).isFalse();
    }

    @Test
    void twoAreNone() {
        var headers =
                headers().add("traceparent", GOOD).add("traceparent", GOOD).add("tracestate", "a=1");

        TraceContext.complete(headers, new SplittableRandom(1), false);

        assertThat(headers.getAll("traceparent")).singleElement().isNotEqualTo(GOOD);
        assertThat(headers.contains("tracestate")).isFalse();
    }

    @Test
    void whatBeginsIsNewAndProperWhateverTheDiceSay() {
        var random = new SplittableRandom(1);
        RandomGenerator zeros = () -> 0;

        assertThat(TraceContext.begun(random, true)).endsWith("-01").isNotEqualTo(TraceContext.begun(random, true));
        assertThat(TraceParent.isValid(TraceContext.begun(zeros, false))).isTrue();
    }

    private static MultiMap headers() {
        return MultiMap.caseInsensitiveMultiMap();
    }
}
