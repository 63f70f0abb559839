package dev.mayfly.engine;

import static dev.mayfly.engine.Habits.between;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many functions on a machine that has memory for few instances. A failure names the seed that repeats it. */
final class MemoryPressureTest {
    private static final long EACH = 64L << 20;

    private static List<SimulatedFunction> functions(Simulation simulation, int count, Habits habits) {
        return IntStream.range(0, count)
                .mapToObj(i -> simulation.function(Changed.nothing(), habits))
                .toList();
    }

    /** Calls them one after the other, again and again. */
    private static void roundRobin(
            Simulation simulation, List<SimulatedFunction> functions, Duration gap, Duration span) {
        var next = new int[1];
        simulation.every(
                gap::toNanos,
                span,
                () -> functions.get(next[0]++ % functions.size()).call());
    }

    private static long sum(
            List<SimulatedFunction> functions, java.util.function.ToLongFunction<SimulatedFunction> of) {
        return functions.stream().mapToLong(of).sum();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aThousandFunctionsCalledInTurnWithMemoryForFifty(long seed) {
        var simulation = new Simulation(seed);
        simulation.memory = 50 * EACH;
        var functions = functions(simulation, 1000, Habits.good(between(20, 80), between(30, 60)));
        roundRobin(simulation, functions, Duration.ofMillis(10), Duration.ofMinutes(3));

        simulation.run(Duration.ofMinutes(3));

        assertThat(simulation.watch.broken()).isEmpty();
        assertThat(sum(functions, each -> each.granted)).as("served").isEqualTo(18_000);
        assertThat(sum(functions, each -> each.evicted))
                .isPositive()
                .isLessThanOrEqualTo(sum(functions, each -> each.starts));
        assertThat(sum(functions, each -> each.waitedNanos) / 18_000)
                .as("mean wait, which is a start and what it takes to leave")
                .isLessThan(Duration.ofMillis(70).toNanos());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aThousandAtOnceAreAllServed(long seed) {
        var simulation = new Simulation(seed);
        simulation.memory = 50 * EACH;
        var functions = functions(simulation, 1000, Habits.good(between(20, 80), between(30, 60)));
        functions.forEach(SimulatedFunction::call);

        simulation.run(Duration.ofMinutes(1));

        assertThat(simulation.watch.broken()).isEmpty();
        assertThat(sum(functions, each -> each.granted)).isEqualTo(1000);
        assertThat(simulation.mostUsed).isLessThanOrEqualTo(simulation.memory);
        assertThat(sum(functions, each -> each.starts)).isEqualTo(1000);
    }

    /** Instances crash, cannot be reached, do not leave when asked to, and are killed, one in ten seconds or more often. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void whateverGoesWrongEachIsAnsweredOnce(long seed) {
        var simulation = new Simulation(seed);
        simulation.memory = 10 * EACH;
        var functions = functions(simulation, 200, Habits.mixed(between(5, 150), between(10, 100)));
        functions.forEach(each -> each.bytes = EACH / 2 + simulation.random.nextLong(EACH / 2));
        roundRobin(simulation, functions, Duration.ofMillis(30), Duration.ofMinutes(2));
        simulation.every(
                simulation.poisson(5),
                Duration.ofMinutes(2),
                () -> functions.get(simulation.random.nextInt(functions.size())).call("someone"));
        simulation.every(
                simulation.poisson(0.3),
                Duration.ofMinutes(2),
                () -> simulation.byAddress.values().stream()
                        .sorted(Comparator.comparing(SimulatedInstance::address))
                        .skip(simulation.random.nextInt(Math.max(1, simulation.byAddress.size())))
                        .findFirst()
                        .filter(SimulatedInstance::isReady)
                        .ifPresent(each -> each.exit(137)));

        simulation.run(Duration.ofMinutes(2));

        assertThat(simulation.watch.broken()).isEmpty();
        assertThat(sum(functions, each -> each.evicted)).isPositive();
    }

    /** One function could use all memory, all the time. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void nobodyWaitsLongBecauseOthersAreNeverIdle(long seed) {
        var simulation = new Simulation(seed);
        simulation.memory = 8 * EACH;
        var greedy = functions(simulation, 2, Habits.good(between(80, 120), between(30, 60)));
        greedy.forEach(
                each -> simulation.every(simulation.poisson(100), Duration.ofMinutes(1), () -> each.call("all")));
        var others = functions(simulation, 20, Habits.good(between(20, 40), between(30, 60)));
        roundRobin(simulation, others, Duration.ofSeconds(2), Duration.ofMinutes(1));

        simulation.run(Duration.ofMinutes(1));

        assertThat(simulation.watch.broken()).isEmpty();
        assertThat(others).allSatisfy(each -> {
            assertThat(each.granted).as("served").isEqualTo(each.requests);
            assertThat(each.waitedNanos / each.requests)
                    .isLessThan(Duration.ofSeconds(2).toNanos());
        });
    }

    /** Each has one instance and is called all the time, so that none is ever idle. */
    @Test
    void moreFunctionsThanThereIsMemoryForTakeTurns() {
        var simulation = new Simulation(5);
        simulation.memory = 4 * EACH;
        var functions = IntStream.range(0, 12)
                .mapToObj(i -> simulation.function(
                        Changed.nothing().maxInstances(1).queue(20, Duration.ofSeconds(30)),
                        Habits.good(between(80, 120), between(30, 60))))
                .toList();
        functions.forEach(
                each -> simulation.every(simulation.poisson(20), Duration.ofMinutes(3), () -> each.call("all")));

        simulation.run(Duration.ofMinutes(3));

        assertThat(simulation.watch.broken()).isEmpty();
        long fair = sum(functions, each -> each.granted) / functions.size();
        assertThat(functions).allSatisfy(each -> assertThat(each.granted).isBetween(fair / 2, fair * 2));
        assertThat(sum(functions, each -> each.starts))
                .as("each serves for a second or more")
                .isLessThanOrEqualTo(4 * 180);
    }

    @Test
    void whatIsKeptStaysAndIsReplacedInAFullMachine() {
        var simulation = new Simulation(6);
        simulation.memory = 5 * EACH;
        var kept =
                simulation.function(Changed.nothing().minInstances(2), Habits.good(between(20, 40), between(30, 60)));
        var functions = functions(simulation, 30, Habits.good(between(20, 40), between(30, 60)));
        roundRobin(simulation, functions, Duration.ofMillis(100), Duration.ofMinutes(5));
        simulation.time.after(
                Duration.ofMinutes(2), () -> List.copyOf(kept.live).forEach(each -> each.exit(137)));

        simulation.time.pass(Duration.ofSeconds(110));
        assertThat(kept.starts).isEqualTo(2);
        simulation.time.pass(Duration.ofSeconds(30));

        assertThat(kept.live).hasSize(2).allMatch(SimulatedInstance::isReady);
        assertThat(kept.starts).isEqualTo(4);
        assertThat(sum(functions, each -> each.evicted)).isPositive();
        assertThat(simulation.mostUsed).isLessThanOrEqualTo(simulation.memory);
    }

    @Test
    void whatIsHeldReadyGoesAfterThoseThatAreIdleAndBeforeAnyThatIsBusyFinishes() {
        var simulation = new Simulation(7);
        simulation.memory = 4 * EACH;
        simulation.heldReady = EACH;
        var functions = functions(simulation, 5, Habits.good(between(10_000, 10_000), between(30, 60)));

        functions.get(0).call();
        functions.get(1).call();
        simulation.time.pass(Duration.ofSeconds(12)); // both are idle
        functions.get(2).call();
        functions.get(3).call();
        functions.get(4).call();
        simulation.time.pass(Duration.ofSeconds(1));
        assertThat(sum(functions, each -> each.evicted)).isEqualTo(2);
        assertThat(simulation.heldReady).isEqualTo(EACH);

        functions.get(0).call();
        simulation.time.pass(Duration.ofSeconds(1));

        assertThat(simulation.heldReady).isZero();
        assertThat(functions.get(0).granted).isEqualTo(2);
        assertThat(sum(functions, each -> each.evicted)).isEqualTo(2);
    }

    @Test
    void whereOtherProgramsTakeTheMemoryIdleOnesLeaveAndNewWorkIsRefusedBeforeAnyThatIsBusyEnds() {
        var simulation = new Simulation(8);
        simulation.memory = 10 * EACH;
        var functions = functions(simulation, 8, Habits.good(between(20, 40), between(30, 60)));
        var busy = simulation.function(Changed.nothing(), Habits.good(between(50_000, 50_000), between(30, 60)));
        functions.subList(0, 7).forEach(SimulatedFunction::call);
        busy.call();
        simulation.time.pass(Duration.ofSeconds(5));
        assertThat(simulation.used).isEqualTo(8 * EACH);

        simulation.memory = 3 * EACH;
        simulation.time.pass(Duration.ofSeconds(2));
        assertThat(simulation.used).as("no more left than there was too little").isEqualTo(3 * EACH);
        simulation.memory = EACH / 2;
        simulation.time.pass(Duration.ofSeconds(2));
        assertThat(simulation.used).isEqualTo(EACH); // the busy one stays
        functions.getLast().call();
        simulation.time.pass(Duration.ofSeconds(31));

        assertThat(functions.getLast().answered).isEqualTo(1);
        assertThat(functions.getLast().granted).as("it was refused").isZero();
        assertThat(busy.live).hasSize(1);
        assertThat(simulation.engine.decisions(busy.deployment.project()))
                .extracting(Decision::reason)
                .contains(Reason.MEMORY_LOW, Reason.WAITED_FOR_MEMORY)
                .doesNotContain(Reason.MADE_ROOM);
        simulation.memory = 10 * EACH;
        functions.getLast().call();
        simulation.time.pass(Duration.ofSeconds(1));
        assertThat(functions.getLast().granted).isEqualTo(1);
    }

    @Test
    void asManyLeaveAtOnceAsTheNewcomerNeeds() {
        var simulation = new Simulation(9);
        simulation.memory = 8 * EACH;
        var small = functions(simulation, 32, Habits.good(between(20, 40), between(30, 60)));
        small.forEach(each -> each.bytes = EACH / 4);
        for (var each : small) {
            each.call();
            simulation.time.pass(Duration.ofSeconds(1));
        }
        small.forEach(SimulatedFunction::call); // those that had to leave, and are known by now to need little
        simulation.time.pass(Duration.ofSeconds(1));
        assertThat(simulation.used).isEqualTo(simulation.memory);
        long before = sum(small, each -> each.evicted);
        var large = simulation.function(Changed.nothing(), Habits.good(between(20, 40), between(30, 60)));

        large.call();
        simulation.time.pass(Duration.ofMillis(150));

        assertThat(large.granted).isEqualTo(1);
        assertThat(sum(small, each -> each.evicted) - before).isEqualTo(4);
    }
}
