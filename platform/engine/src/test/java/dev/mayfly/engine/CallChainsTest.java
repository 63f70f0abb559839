package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long a chain of functions that call functions is, and where it is cut. */
final class CallChainsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final World world = new World(
            Changed.nothing(),
            Entrypoint.Kind.HANDLER,
            new EngineSettings(false, Duration.ofSeconds(60), Duration.ofSeconds(5), Duration.ZERO, 3));

    @Test
    void aCallFromOutsideIsAtNoDepth() {
        assertThat(depth(granted(LONG))).isZero();
    }

    @Test
    void eachCallByAFunctionIsOneDeeperThanWhatCallsIt() {
        var first = granted(LONG);
        var second = granted(LONG, first);

        var third = granted(LONG, second);

        assertThat(depth(second)).isEqualTo(1);
        assertThat(depth(third)).isEqualTo(2);
    }

    @Test
    void aChainIsCutOnceItIsLongerThanTheSetting() {
        var last = granted(LONG, granted(LONG, granted(LONG, granted(LONG))));

        var cut = world.call(LONG, last.on().instance);

        assertThat(cut.refused().problem().code()).isEqualTo(ErrorCode.CALL_LOOP);
        assertThat(cut.refused().problem().message())
                .isEqualTo("api/hello was called at the end of a chain of 4 calls from function to function,"
                        + " and 3 is the most.");
        assertThat(cut.refused().problem().fix()).contains("--call-depth 4");
    }

    @Test
    void whatIsCutStartsNothingAndCostsNothingAndIsLogged() {
        var last = granted(LONG, granted(LONG, granted(LONG, granted(LONG))));
        int instances = world.instances.size();

        var cut = world.call(LONG, last.on().instance);
        world.pass(SECOND);

        assertThat(world.instances).hasSize(instances);
        assertThat(world.ledger.records)
                .noneMatch(each -> each.id().equals(cut.refused().id()));
        assertThat(world.logs.of(cut.refused().id()))
                .containsExactly(
                        "GET /api/hello 508 · waited 0 ms · api/hello was called at the end of a chain of 4 calls"
                                + " from function to function, and 3 is the most.");
    }

    @Test
    void whatTheInstanceRanLastCountsForCallsAfterIt() {
        var last = granted(SECOND, granted(LONG, granted(LONG, granted(LONG))));
        world.pass(Duration.ofSeconds(3));

        var late = world.call(LONG, last.on().instance);

        assertThat(late.refused().problem().code()).isEqualTo(ErrorCode.CALL_LOOP);
    }

    @Test
    void aCallWhileLoadingIsOneDeeperThanWhatItIsLoadedFor() {
        world.startDelay = SECOND;
        world.call(LONG);
        var loading = world.instances.getFirst().instance;

        var nested = world.call(LONG, loading);
        world.pass(Duration.ofSeconds(5));

        assertThat(depth(nested)).isEqualTo(1);
    }

    @Test
    void aCallerWhoIsNotKnownAnyMoreStillCalledFromInside() {
        var gone = granted(SECOND).on();
        world.pass(Duration.ofMinutes(5));

        var late = world.call(LONG, gone.instance);
        world.pass(SECOND);

        assertThat(gone.exited).isTrue();
        assertThat(depth(late)).isEqualTo(1);
    }

    private World.Call granted(Duration run) {
        var call = world.call(run);
        world.pass(SECOND);
        return call;
    }

    private World.Call granted(Duration run, World.Call by) {
        var call = world.call(run, by.on().instance);
        world.pass(Duration.ofMillis(500));
        return call;
    }

    private static int depth(World.Call call) {
        return ((Invocation) call.lease()).depth;
    }
}
