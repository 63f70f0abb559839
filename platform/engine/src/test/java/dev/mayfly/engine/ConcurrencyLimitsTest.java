package dev.mayfly.engine;

import static dev.mayfly.engine.Tenants.call;
import static dev.mayfly.engine.Tenants.function;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.ProjectName;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What may run at once: of a function, its project, its team, and all. */
final class ConcurrencyLimitsTest {
    private static final Duration MS = Duration.ofMillis(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Tenants tenants = new Tenants();

    @Test
    void aFunctionRunsNoMoreThanItReserves() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", null, function("pay", 3), function("free", null));
        world.engine.limit(tenants.snapshot());

        var pay = call(world, shop, "pay", 10, Duration.ofSeconds(5));
        var free = call(world, shop, "free", 10, LONG);
        world.pass(SECOND);

        assertThat(running(pay)).isEqualTo(3);
        assertThat(running(free)).isEqualTo(10);
        assertThat(world.live()).hasSize(13);
        world.pass(LONG.multipliedBy(5));
        assertThat(pay).allMatch(call -> call.done);
    }

    @Test
    void whatIsReservedIsThereWhateverOthersDo() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", 10, function("pay", 4), function("free", null));
        world.engine.limit(tenants.snapshot());

        var free = call(world, shop, "free", 50, LONG);
        world.pass(SECOND);
        assertThat(running(free)).isEqualTo(6);
        var pay = call(world, shop, "pay", 5, LONG);
        world.pass(SECOND);

        assertThat(running(pay)).isEqualTo(4);
        assertThat(running(free)).isEqualTo(6);
    }

    @Test
    void noInstanceIsStartedForWhatMayNotRun() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", 2, function("one", null));
        world.engine.limit(tenants.snapshot());

        call(world, shop, "one", 50, SECOND);
        world.pass(Duration.ofSeconds(20));

        assertThat(world.instances).hasSize(2);
    }

    @Test
    void whatBecomesFreeGoesToWhoeverHasLeast() {
        var world = world(3, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", null, function("one", null), function("two", null));
        world.engine.limit(tenants.snapshot());
        var one = call(world, shop, "one", 60, Duration.ofMillis(100));
        world.pass(MS.multipliedBy(50));

        var two = call(world, shop, "two", 20, Duration.ofMillis(100));
        world.pass(Duration.ofMillis(1500));

        assertThat(done(two)).isBetween(16, 20);
        assertThat(done(one)).isBetween(16, 30);
        world.pass(LONG);
        assertThat(Stream.of(one, two).flatMap(List::stream)).allMatch(call -> call.done);
    }

    @Test
    void aTeamWithManyFunctionsGetsNoMoreThanOneWithFew() {
        var world = world(4, EngineSettings.ANY);
        var many = tenants.project("many", "many", null, function("a", null), function("b", null), function("c", null));
        var few = tenants.project("few", "few", null, function("a", null));
        world.engine.limit(tenants.snapshot());
        var mine = Stream.of("a", "b", "c")
                .flatMap(name -> call(world, many, name, 20, SECOND).stream())
                .toList();
        world.pass(MS);

        var others = call(world, few, "a", 10, SECOND);
        world.pass(Duration.ofMillis(5500));

        assertThat(done(others)).isBetween(7, 10);
        assertThat(done(mine)).isBetween(7, 13);
    }

    @Test
    void aTeamHasALimitOfItsOwn() {
        var world = world(5, 3);
        var one = tenants.project("one", "one", null, function("a", null));
        var two = tenants.project("two", "two", null, function("a", null));
        world.engine.limit(tenants.snapshot());

        var first = call(world, one, "a", 10, LONG);
        world.pass(SECOND);
        assertThat(running(first)).isEqualTo(3);
        var second = call(world, two, "a", 10, LONG);
        world.pass(SECOND);

        assertThat(running(first)).isEqualTo(3);
        assertThat(running(second)).isEqualTo(2);
        assertThat(reasons(world, two)).contains(Reason.MOST_REQUESTS_OF_SERVER);
        assertThat(reasons(world, one)).contains(Reason.MOST_REQUESTS_OF_TEAM);
    }

    @Test
    void aFunctionThatReservesNoneIsSwitchedOff() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", null, function("old", 0));
        world.engine.limit(tenants.snapshot());

        var refused = call(world, shop, "old", 1, SECOND).getFirst().refused();

        assertThat(refused.problem().code()).isEqualTo(ErrorCode.CONCURRENCY_LIMIT);
        assertThat(refused.problem().code().status()).isEqualTo(429);
        assertThat(refused.problem().message()).isEqualTo("old is switched off: its reservedConcurrency is 0.");
        assertThat(reasons(world, shop)).containsExactly(Reason.SWITCHED_OFF);
        assertThat(world.instances).isEmpty();
    }

    @Test
    void whereTheQueueIsFullBecauseOfALimitTheLimitIsNamed() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop =
                tenants.project("a", "shop", 3, function("pay", 1), function("free", null, 1, Duration.ofSeconds(30)));
        world.engine.limit(tenants.snapshot());

        call(world, shop, "free", 2, LONG);
        world.pass(SECOND);
        var more = call(world, shop, "free", 2, LONG);

        assertThat(more.get(1).refused().problem().message())
                .isEqualTo(
                        "Project shop runs no more requests at once than its maxConcurrency allows: 3, 1 of them reserved"
                                + " for other functions. 1 request waits for free already.");
        assertThat(more.get(1).refused().problem().fix()).contains("raise maxConcurrency in mayfly.yaml");
        assertThat(reasons(world, shop)).contains(Reason.OVER_LIMIT_OF_PROJECT, Reason.MOST_REQUESTS_OF_PROJECT);
    }

    @Test
    void alsoWhileItsFirstInstancesStartTheLimitIsNamed() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", 2, function("one", null, 0, SECOND));
        world.engine.limit(tenants.snapshot());

        var calls = call(world, shop, "one", 3, SECOND);

        assertThat(calls.get(2).refused().problem().code()).isEqualTo(ErrorCode.CONCURRENCY_LIMIT);
        assertThat(reasons(world, shop)).contains(Reason.OVER_LIMIT_OF_PROJECT);
    }

    @Test
    void whoWaitsInVainIsToldForWhat() {
        var world = world(1, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", null, function("one", null, 9, Duration.ofSeconds(2)));
        world.engine.limit(tenants.snapshot());

        var calls = call(world, shop, "one", 2, LONG);
        world.pass(Duration.ofSeconds(3));

        assertThat(calls.get(1).refused().problem().code()).isEqualTo(ErrorCode.CONCURRENCY_LIMIT);
        assertThat(calls.get(1).refused().problem().message())
                .isEqualTo(
                        "This server runs no more requests at once than it may: 1. None of one could be added for 2 s.");
        assertThat(calls.get(1).refused().retryAfterSeconds()).isEqualTo(1);
    }

    @Test
    void aLimitThatComesCountsWhatRunsAlready() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", null, function("one", null));
        world.engine.limit(tenants.snapshot());
        var before = call(world, shop, "one", 5, Duration.ofSeconds(5));
        world.pass(SECOND);

        tenants.project("a", "shop", 4, function("one", null));
        world.engine.limit(tenants.snapshot());
        var after = call(world, shop, "one", 5, Duration.ofSeconds(5));
        world.pass(SECOND);
        assertThat(running(after)).isZero();
        world.pass(Duration.ofSeconds(4));

        assertThat(done(before)).isEqualTo(5);
        assertThat(running(after)).isEqualTo(4);
    }

    @Test
    void aLimitThatGoesLetsAllRunThatWait() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", 1, function("one", null));
        world.engine.limit(tenants.snapshot());
        var calls = call(world, shop, "one", 6, LONG);
        world.pass(SECOND);
        assertThat(running(calls)).isEqualTo(1);

        tenants.project("a", "shop", null, function("one", null));
        world.engine.limit(tenants.snapshot());
        world.pass(SECOND);

        assertThat(running(calls)).isEqualTo(6);
    }

    @Test
    void twoDeploymentsOfAProjectShareItsLimits() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        var old = tenants.project("a", "shop", 4, function("one", 3), function("two", null));
        var next = tenants.project("a", "shop", 4, function("one", 3), function("two", null));
        world.engine.limit(tenants.snapshot());

        var before = call(world, old, "one", 5, LONG);
        world.pass(SECOND);
        var after = call(world, next, "one", 5, Duration.ofSeconds(3));
        world.pass(SECOND);

        assertThat(running(before)).isEqualTo(3);
        assertThat(running(after)).isZero();
        world.pass(Duration.ofSeconds(30));
        assertThat(done(after)).isEqualTo(5);
    }

    @Test
    void whoLeavesGivesHisPermitToTheNext() {
        var world = world(1, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", null, function("one", null), function("two", null));
        world.engine.limit(tenants.snapshot());
        call(world, shop, "one", 1, Duration.ofSeconds(3));
        world.pass(SECOND);
        var left = call(world, shop, "two", 2, LONG);
        var other = call(world, shop, "one", 1, LONG).getFirst();
        world.pass(SECOND);

        left.forEach(call -> call.place.giveUp());
        world.pass(Duration.ofSeconds(3));

        assertThat(running(List.of(other))).isEqualTo(1);
        assertThat(left).allMatch(call -> call.answers == 0);
    }

    @Test
    void anInstanceThatDiesGivesBackWhatItsRequestsHad() {
        var world = world(2, EngineSettings.ANY);
        var shop = tenants.project("a", "shop", null, function("one", null));
        world.engine.limit(tenants.snapshot());
        var calls = call(world, shop, "one", 8, Duration.ofMillis(500));
        for (int i = 0; i < 20; i++) {
            world.pass(MS.multipliedBy(200));
            world.live().stream()
                    .filter(each -> !each.running.isEmpty())
                    .findFirst()
                    .ifPresent(each -> each.exit(1));
        }
        world.pass(LONG);

        assertThat(calls).allMatch(call -> call.answers == 1);
        var after = call(world, shop, "one", 2, LONG);
        world.pass(SECOND);
        assertThat(running(after)).isEqualTo(2);
    }

    @Test
    void whereNoLimitIsSetNothingIsCounted() {
        var world = world(EngineSettings.ANY, EngineSettings.ANY);
        tenants.project("a", "shop", null, function("one", null));

        var limits = ConcurrencyLimits.of(EngineSettings.DEFAULTS, tenants.snapshot());

        assertThat(limits.projects()).isEmpty();
        assertThat(limits.teams()).isEmpty();
        assertThat(world.instances).isEmpty();
    }

    private static World world(int server, int team) {
        var d = EngineSettings.DEFAULTS;
        return new World(
                Changed.nothing(),
                Entrypoint.Kind.HANDLER,
                new EngineSettings(
                        d.billInit(), d.startTimeout(), d.drainTimeout(), d.startAhead(), d.callDepth(), server, team));
    }

    private static List<Reason> reasons(World world, Deployment deployment) {
        return world.engine.decisions(new ProjectName(deployment.project().value())).stream()
                .map(Decision::reason)
                .toList();
    }

    private static int running(Collection<World.Call> calls) {
        return (int)
                calls.stream().filter(call -> call.lease != null && !call.done).count();
    }

    private static int done(Collection<World.Call> calls) {
        return (int) calls.stream().filter(call -> call.done).count();
    }
}
