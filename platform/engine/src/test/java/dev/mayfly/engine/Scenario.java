package dev.mayfly.engine;

import static dev.mayfly.engine.Habits.between;
import static dev.mayfly.engine.Habits.lognormal;

import dev.mayfly.engine.Deployments.Changed;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** What a {@link Simulation} is made to live through. */
enum Scenario {
    /** The same load for hours: there is one right number of instances, and no reason to leave it. */
    STEADY(Duration.ofMinutes(40)) {
        @Override
        void prepare(Simulation simulation) {
            var function = simulation.function(Changed.nothing(), Habits.good(between(20, 80), between(30, 60)));
            simulation.every(simulation.poisson(8), span(), function::call);
            var spread = simulation.function(
                    Changed.nothing().concurrency(8), Habits.good(between(50, 350), between(300, 600)));
            simulation.every(simulation.poisson(16), span(), spread::call);
        }
    },

    BURSTS(Duration.ofHours(8)) {
        @Override
        void prepare(Simulation simulation) {
            for (int concurrency : List.of(1, 8)) {
                var function = simulation.function(
                        Changed.nothing().concurrency(concurrency),
                        Habits.mixed(lognormal(40, 1.5, 20_000), between(5, 400)));
                simulation.every(simulation.poisson(1 / 300.0), span(), () -> {
                    for (int i = simulation.random.nextInt(150); i >= 0; i--) {
                        function.call("client " + i % 3);
                    }
                });
            }
        }
    },

    DIURNAL(Duration.ofHours(24)) {
        @Override
        void prepare(Simulation simulation) {
            var function = simulation.function(
                    Changed.nothing().concurrency(4).minInstances(1),
                    Habits.mixed(lognormal(150, 1, 30_000), between(50, 500)));
            long day = Duration.ofHours(24).toNanos();
            simulation.every(simulation.poisson(2), span(), () -> {
                double height = 0.5 - 0.5 * Math.cos(2 * Math.PI * simulation.time.nanos() / day);
                if (simulation.chance(height)) {
                    function.call("client " + simulation.random.nextInt(10));
                }
            });
        }
    },

    RARE(Duration.ofHours(24)) {
        @Override
        void prepare(Simulation simulation) {
            new AzureTrace(simulation.random, 40, span()).workloads().forEach(each -> {
                var function = simulation.function(Changed.nothing(), Habits.mixed(each.service(), each.start()));
                each.arrivals().forEach(at -> simulation.time.schedule(at, function::call));
            });
        }
    },

    SLOW_STARTS(Duration.ofHours(12)) {
        @Override
        void prepare(Simulation simulation) {
            var function = simulation.function(
                    Changed.nothing().queue(50, Duration.ofSeconds(60)),
                    Habits.good(lognormal(200, 1, 10_000), between(1_000, 20_000)));
            simulation.every(
                    simulation.poisson(1), span(), () -> function.call("client " + simulation.random.nextInt(4)));
        }
    },

    CRASHING_STARTS(Duration.ofHours(12)) {
        @Override
        void prepare(Simulation simulation) {
            var function = simulation.function(
                    Changed.nothing().concurrency(2).idleTimeout(Duration.ofSeconds(5)),
                    Habits.good(between(10, 2_000), between(10, 1_000)).startFails(0.5));
            simulation.every(simulation.poisson(1), span(), function::call);
            // For an hour now and then it never starts.
            simulation.every(() -> Duration.ofHours(3).toNanos(), span(), () -> {
                function.habits = function.habits.startFails(1);
                simulation.time.after(Duration.ofHours(1), () -> function.habits = function.habits.startFails(0.5));
            });
        }
    },

    HANGING_WORKERS(Duration.ofHours(12)) {
        @Override
        void prepare(Simulation simulation) {
            var function = simulation.function(
                    Changed.nothing()
                            .concurrency(4)
                            .timeout(Duration.ofSeconds(20))
                            .queue(100, Duration.ofSeconds(5)),
                    new Habits(between(10, 200), between(10, 100), 0, 0.05, 0, 0, 0.2, 0.5));
            simulation.every(
                    simulation.poisson(1), span(), () -> function.call("client " + simulation.random.nextInt(3)));
        }
    },

    /** Deployments go while their requests wait, run and start instances, and come back. */
    DELETIONS(Duration.ofHours(3)) {
        @Override
        void prepare(Simulation simulation) {
            var quick = simulation.function(Changed.nothing(), Habits.mixed(between(2, 40), between(20, 400)));
            simulation.every(
                    simulation.poisson(20), span(), () -> quick.call("client " + simulation.random.nextInt(3)));
            var few = simulation.function(
                    Changed.nothing().concurrency(2).maxInstances(2),
                    Habits.mixed(between(10, 2_000), between(10, 2_000)));
            simulation.every(simulation.poisson(2), span(), () -> few.call("client " + simulation.random.nextInt(3)));
            simulation.every(
                    simulation.poisson(1 / 20.0),
                    span(),
                    () -> simulation.engine.follow(new dev.mayfly.store.Snapshot(1, new TreeMap<>())));
        }
    },

    CLOCK_JUMPS(Duration.ofHours(24)) {
        @Override
        void prepare(Simulation simulation) {
            simulation.watch.lateNanos = Duration.ofMinutes(2).toNanos();
            var function = simulation.function(
                    Changed.nothing().concurrency(2).idleTimeout(Duration.ofSeconds(10)),
                    Habits.mixed(between(10, 5_000), between(10, 2_000)));
            simulation.every(simulation.poisson(0.5), span(), function::call);
            simulation.every(simulation.poisson(1 / 600.0), span(), () -> {
                if (simulation.random.nextBoolean()) {
                    simulation.time.leap(Duration.ofMillis(simulation.random.nextInt(100_000)));
                } else {
                    simulation.time.turnWallClock(Duration.ofSeconds(simulation.random.nextInt(200_000) - 100_000));
                }
            });
        }
    },

    /** Half of the claims fail at once, instances die, and cannot be reached. */
    PROVIDER_ERRORS(Duration.ofHours(3)) {
        @Override
        void prepare(Simulation simulation) {
            var function = simulation.function(
                    Changed.nothing().concurrency(3).maxInstances(4).queue(10, Duration.ofSeconds(5)),
                    Habits.good(between(10, 3_000), random -> 0)
                            .startFails(0.5)
                            .crashes(0.1)
                            .unreachable(0.1));
            simulation.every(
                    simulation.poisson(3), span(), () -> function.call("client " + simulation.random.nextInt(3)));
            LongSupplier second = () -> Duration.ofSeconds(1).toNanos();
            simulation.every(
                    second,
                    Duration.ofHours(1),
                    () -> List.copyOf(function.live).forEach(each -> each.exit(137)));
        }
    };

    private final Duration span;

    Scenario(Duration span) {
        this.span = span;
    }

    Duration span() {
        return span;
    }

    abstract void prepare(Simulation simulation);

    /** What did not hold; empty if all did. */
    List<String> broken(Simulation simulation) {
        prepare(simulation);
        simulation.run(span);
        return simulation.watch.broken();
    }
}
