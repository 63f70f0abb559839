package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Days of a server's life in seconds. A failure names the command that repeats it; {@code -Dsimulation.seed=N} runs that seed alone, and {@code
 * -Dsimulation.seeds=N} as many as that of each scenario.
 */
final class SimulatorTest {
    private static final String ONE = System.getProperty("simulation.seed", "");
    private static final long SEEDS = Long.getLong("simulation.seeds", 2);
    private static final String ONLY = System.getProperty("simulation.scenario", "");

    @TestFactory
    Stream<DynamicTest> whatMustHoldDoes() {
        return Stream.of(Scenario.values())
                .filter(scenario -> ONLY.isEmpty() || ONLY.equals(scenario.name()))
                .flatMap(scenario -> seeds().mapToObj(seed -> DynamicTest.dynamicTest(
                        scenario + " " + seed,
                        () -> assertThat(scenario.broken(new Simulation(seed)))
                                .as(replay(scenario, seed))
                                .isEmpty())));
    }

    private static LongStream seeds() {
        return ONE.isEmpty() ? LongStream.rangeClosed(1, SEEDS) : LongStream.of(Long.parseLong(ONE));
    }

    private static String replay(Scenario scenario, long seed) {
        return "to repeat: ./mvnw -o -pl platform/engine -am test -Dtest=SimulatorTest"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dsimulation.scenario=%s -Dsimulation.seed=%d"
                        .formatted(scenario, seed);
    }

    @Test
    void theSameSeedIsTheSameLife() {
        assertThat(life(7)).isEqualTo(life(7)).isNotEqualTo(life(8));
    }

    private static String life(long seed) {
        var simulation = new Simulation(seed);
        Scenario.BURSTS.broken(simulation);
        var function = simulation.functions.getFirst();
        return function.requests + " " + function.granted + " " + function.starts + " " + function.waitedNanos;
    }

    @Test
    void underASteadyLoadInstancesDoNotComeAndGo() {
        var simulation = new Simulation(11);
        Scenario.STEADY.broken(simulation);

        assertThat(simulation.functions).allSatisfy(function -> {
            long windows = Scenario.STEADY.span().dividedBy(function.limits().idleTimeout());
            assertThat(function.starts).isLessThan(windows / 2);
            assertThat(function.waitedNanos / function.requests)
                    .isLessThan(Duration.ofMillis(1).toNanos());
        });
    }

    // --- dispatchers and policies that are broken, which must be found out

    @Test
    void aTimerThatIsLostIsFound() {
        var simulation = new Simulation(1, new Autoscaler(), LosesTimers::new);

        assertThat(Scenario.HANGING_WORKERS.broken(simulation)).isNotEmpty();
    }

    @Test
    void aPolicyThatWaitsForWhatNeverComesIsFound() {
        var simulation = new Simulation(
                1,
                new Broken(pool -> pool.supply().serving() > 0
                        ? new ScaleDecision.Stay(Reason.SLOT_COMES_SOONER)
                        : new Autoscaler().grow(pool)),
                timers -> timers);

        assertThat(Scenario.HANGING_WORKERS.broken(simulation)).anyMatch(each -> each.contains("given up"));
    }

    @Test
    void aPolicyThatExceedsTheLimitIsFound() {
        var simulation = new Simulation(
                1,
                new Broken(pool -> new ScaleDecision.Start(pool.demand().waiting(), Reason.WAITING_COSTS_MORE)),
                timers -> timers);

        assertThat(Scenario.BURSTS.broken(simulation)).anyMatch(each -> each.contains("expected: at most 20"));
    }

    /** Grows as told. */
    private record Broken(java.util.function.Function<PoolSnapshot, ScaleDecision> grows) implements ScalingPolicy {
        @Override
        public ScaleDecision grow(PoolSnapshot pool) {
            return grows.apply(pool);
        }

        @Override
        public ScaleDecision shrink(PoolSnapshot pool) {
            return new ScaleDecision.Stay(Reason.FREE_SLOT);
        }
    }

    /** Every hundredth timer never rings: a wake-up that is lost. */
    private static final class LosesTimers implements Timers {
        private final Timers timers;
        private int scheduled;

        private LosesTimers(Timers timers) {
            this.timers = timers;
        }

        @Override
        public Timer schedule(long delayNanos, Runnable task) {
            return ++scheduled % 100 == 0 ? () -> {} : timers.schedule(delayNanos, task);
        }

        @Override
        public void close() {
            timers.close();
        }
    }
}
