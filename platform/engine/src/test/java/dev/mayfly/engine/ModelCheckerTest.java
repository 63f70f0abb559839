package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Mutant.Change;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dispatcher in every order of events, in small. A failure ends in the events that lead to it; {@code -Dmodel.size=two-crash
 * -Dmodel.events='arrive 1, ready 1'} lives through those alone.
 */
final class ModelCheckerTest {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCheckerTest.class);

    /** What every size of every day has room for. */
    private static final int MOST = 300_000;

    @TestFactory
    Stream<DynamicTest> whatMustHoldDoesInEveryOrderOfEvents() {
        return tests(SmallSize.DAILY, MOST);
    }

    @TestFactory
    @Tag("soak")
    Stream<DynamicTest> whatMustHoldDoesInLargerWorlds() {
        return tests(SmallSize.LONG, ModelChecker.MOST);
    }

    private static Stream<DynamicTest> tests(Map<String, SmallSize> sizes, int most) {
        return sizes.entrySet().stream()
                .map(each -> DynamicTest.dynamicTest(each.getKey(), () -> {
                    var report = ModelChecker.check(each.getValue(), most);
                    LOG.info("{}: {}", each.getKey(), report);
                    assertThat(report.counterexample()).isEmpty();
                    assertThat(report.rests()).isPositive();
                }));
    }

    @Test
    void eventsThatWereFoundAreLivedThroughAgain() {
        var size = SmallSize.named(System.getProperty("model.size", "two-crash"));
        var events = System.getProperty("model.events", "arrive 1, arrive 2, ready 1, begin 1, exit 1, respond 1");

        assertThat(ModelChecker.replay(size, SmallEvent.parse(events))).isEmpty();
    }

    // --- dispatchers that are broken in one place, which must be found out

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Pool       | settle   | serveWaiting | 1 | LEFT_OUT | two-starts-fail | wait though a slot is free
            Pool       | giveUp   | serveWaiting | 2 | LEFT_OUT | two-leave       | wait though a slot is free
            Pool       | exited   | serveWaiting | 1 | LEFT_OUT | two-crash       | wait for nothing
            Pool       | ready    | serveWaiting | 1 | LEFT_OUT | one             | wait though a slot is free
            Pool       | tick     | serveWaiting | 1 | LEFT_OUT | two-starts-fail | wait though a slot is free
            Pool       | happen   | set          | 1 | LEFT_OUT | one             | nobody will look
            Pool       | tick     | rang         | 1 | LEFT_OUT | one             | instances are left
            Pool       | tick     | tidy         | 1 | LEFT_OUT | one             | never comes to rest
            Pool       | tick     | cutOff       | 1 | LEFT_OUT | one             | never comes to rest
            Pool       | close    | close        | 1 | LEFT_OUT | one             | wait for nothing
            Executions | dispatch | move         | 1 | LEFT_OUT | one             | counts 0 requests and has 1
            Executions | release  | move         | 1 | LEFT_OUT | one             | counts 1 requests and has 0
            Executions | dispatch | add          | 2 | LEFT_OUT | one             | nobody will look
            Executions | dispatch | add          | 2 | TWICE    | one             | answered 2 times
            Executions | settle   | release      | 1 | LEFT_OUT | one             | its slot was not given back
            Executions | timeOut  | retire       | 1 | LEFT_OUT | two-starts-fail | runs 2 requests at a time
            Refusals   | refuse   | add          | 1 | TWICE    | one             | answered 2 times
            Refusals   | refuse   | add          | 1 | LEFT_OUT | one             | wait
            """)
    void aBrokenDispatcherIsFound(
            String type, String method, String callee, int of, Change change, String size, String how) {
        var mutant = new Mutant(type, method, callee, of, change);

        assertThat(mutant.counterexample(size)).contains(how);
    }
}
