package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.gateway.observe.TraceParent;
import io.vertx.core.MultiMap;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
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

        TraceContext.complete(headers, new SplittableRandom(1), new TraceRules(false, 1));

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

        TraceContext.complete(headers, new SplittableRandom(1), TraceRules.PASSED_ON);

        assertThat(headers.get("traceparent"))
                .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00")
                .isNotEqualTo(parent);
        assertThat(headers.contains("tracestate")).isFalse();
    }

    @Test
    void twoAreNone() {
        var headers =
                headers().add("traceparent", GOOD).add("traceparent", GOOD).add("tracestate", "a=1");

        TraceContext.complete(headers, new SplittableRandom(1), TraceRules.PASSED_ON);

        assertThat(headers.getAll("traceparent")).singleElement().isNotEqualTo(GOOD);
        assertThat(headers.contains("tracestate")).isFalse();
    }

    @Test
    void whatBeginsIsNewAndProperWhateverTheDiceSay() {
        var random = new SplittableRandom(1);
        RandomGenerator zeros = () -> 0;
        var recorded = new TraceRules(false, 1);

        assertThat(begun(random, recorded)).endsWith("-01").isNotEqualTo(begun(random, recorded));
        assertThat(TraceParent.isValid(begun(zeros, TraceRules.PASSED_ON))).isTrue();
    }

    @Test
    void itIsRecordedInThePartThatIsAskedFor() {
        var random = new SplittableRandom(7);
        var half = new TraceRules(false, 0.5);
        var begun = Stream.generate(() -> begun(random, half)).limit(1000).toList();

        assertThat(begun.stream().filter(each -> each.endsWith("-01")).count()).isBetween(400L, 600L);
    }

    @Test
    void whereTheEdgeMakesSpansTheFunctionIsPartOfOne() {
        var headers = headers().add("traceparent", GOOD).add("tracestate", "a=1");

        var trace = TraceContext.complete(headers, new SplittableRandom(1), new TraceRules(true, 0));

        assertThat(trace.id()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        assertThat(trace.parent()).isEqualTo("00f067aa0ba902b7");
        assertThat(trace.recorded()).isTrue();
        assertThat(trace.call()).matches("[0-9a-f]{16}").isNotEqualTo(trace.parent());
        assertThat(headers.getAll("traceparent"))
                .containsExactly("00-4bf92f3577b34da6a3ce929d0e0e4736-" + trace.call() + "-01");
        assertThat(headers.get("tracestate")).isEqualTo("a=1");
    }

    private static String begun(RandomGenerator random, TraceRules rules) {
        var headers = headers();
        TraceContext.complete(headers, random, rules);
        return String.valueOf(headers.get("traceparent"));
    }

    private static MultiMap headers() {
        return MultiMap.caseInsensitiveMultiMap();
    }
}
