package dev.mayfly.engine;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/** One function of a {@link Simulation}: its requests, its instances, and what they cost. */
final class SimulatedFunction {
    final Simulation simulation;
    final Deployment deployment;
    Habits habits;
    /** How long the request of this number runs: by habit, unless a trace says. */
    LongUnaryOperator runs;

    final List<SimulatedInstance> live = new ArrayList<>();
    /** Requests without an answer. */
    int waiting;

    /** What an instance of it uses. */
    long bytes = Limits.DEFAULTS.memory() / 8;

    long requests;
    long answered;
    long granted;
    long cold;
    long waitedNanos;
    long starts;
    long evicted;
    long instanceNanos;
    /** The last request of each client that got a slot, in order of their coming. */
    final Map<String, Long> lastGranted = new HashMap<>();

    SimulatedFunction(Simulation simulation, Deployment deployment, Habits habits) {
        this.simulation = simulation;
        this.deployment = deployment;
        this.habits = habits;
        this.runs = number -> this.habits.service().applyAsLong(simulation.random);
    }

    Limits limits() {
        return deployment.functions().getFirst().limits();
    }

    int concurrency() {
        Integer set = limits().concurrency();
        return set == null ? 1 : set;
    }

    void call() {
        call("");
    }

    void call(String client) {
        new SimulatedRequest(this, client, requests++).send();
        simulation.watch.look(this);
    }

    void start(Pool pool, Instance instance) {
        starts++;
        var made = new SimulatedInstance(this, pool, instance);
        live.add(made);
        simulation.byAddress.put(made.address(), made);
        simulation.watch.started(this, pool);
        boolean fails = simulation.chance(habits.startFails());
        simulation.time.schedule(habits.start().applyAsLong(simulation.random), () -> {
            if (fails) {
                made.exit(1);
                pool.failed(instance, new Problem(ErrorCode.FUNCTION_START_FAILED, "no such luck"));
            } else {
                made.ready();
            }
            simulation.watch.look(this);
        });
    }
}
