package dev.mayfly.engine;

import dev.mayfly.engine.Deployments.Changed;
import java.time.Duration;

/** The real dispatcher and the real autoscaler on a {@link Comparison.Trace}. */
final class OurPolicy {
    private OurPolicy() {}

    static Comparison run(Comparison.Trace trace) {
        return run("Mayfly", new Autoscaler(), trace);
    }

    static Comparison run(String name, ScalingPolicy policy, Comparison.Trace trace) {
        var simulation = new Simulation(1, policy, timers -> timers);
        var starts = new int[1];
        var calls = trace.calls().iterator();
        var function = simulation.function(
                Changed.nothing()
                        .idleTimeout(Duration.ofNanos(trace.idleNanos()))
                        .maxInstances(trace.maxInstances()),
                Habits.good(random -> 0, random -> trace.starts().takes(starts[0]++)));
        // The run time goes with the request, whichever slot it gets and when.
        var order = trace.calls();
        function.runs = number -> order.get((int) number).runs();
        while (calls.hasNext()) {
            simulation.time.schedule(calls.next().at(), function::call);
        }
        simulation.run(Duration.ofNanos(order.getLast().at()));
        if (!simulation.watch.broken().isEmpty()) {
            throw new AssertionError(simulation.watch.broken());
        }
        return new Comparison(name, function.requests, function.cold, function.waitedNanos, function.instanceNanos);
    }
}
