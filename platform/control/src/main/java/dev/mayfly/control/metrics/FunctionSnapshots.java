package dev.mayfly.control.metrics;

import dev.mayfly.engine.Engine;
import dev.mayfly.engine.InstanceView;
import dev.mayfly.engine.ProjectFunction;
import dev.mayfly.engine.Reason;
import dev.mayfly.engine.Totals;
import dev.mayfly.engine.Totals.Counts;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What functions do, in the terms of Prometheus: those that are called most by name, all others as one that has no name. */
final class FunctionSnapshots {
    private static final Labels OTHERS = Labels.of("project", "", "function", "");

    private final CounterSnapshot.Builder requests = CounterSnapshot.builder()
            .name("mayfly_function_requests")
            .help("Requests of functions that are over, by what came of them.");
    private final SummarySnapshot.Builder durations = SummarySnapshot.builder()
            .name("mayfly_function_duration_seconds")
            .help("From the arrival of a request until its function was done with it, of those that ran.");
    private final CounterSnapshot.Builder steps = CounterSnapshot.builder()
            .name("mayfly_function_step_seconds")
            .help("What they spent: waiting for a slot, waiting for an instance to start, running.");
    private final CounterSnapshot.Builder cpu =
            CounterSnapshot.builder().name("mayfly_function_cpu_seconds").help("Processor time they are charged.");
    private final CounterSnapshot.Builder cold = CounterSnapshot.builder()
            .name("mayfly_function_cold_starts")
            .help("Requests that waited for an instance to start.");
    private final CounterSnapshot.Builder decisions = CounterSnapshot.builder()
            .name("mayfly_decisions")
            .help("What the platform decided by itself, by what it did and why.");

    private FunctionSnapshots() {}

    static List<MetricSnapshot> of(Engine engine) {
        var totals = engine.activity().totals();
        return List.of(counted(totals), waiting(engine, totals), instances(engine.instances(), totals)).stream()
                .flatMap(List::stream)
                .toList();
    }

    private static List<MetricSnapshot> counted(Totals.View totals) {
        var all = new FunctionSnapshots();
        totals.functions().forEach((function, counts) -> all.add(labels(function), counts));
        if (totals.others().any()) {
            all.add(OTHERS, totals.others());
        }
        return List.of(
                all.requests.build(),
                all.durations.build(),
                all.steps.build(),
                all.cpu.build(),
                all.cold.build(),
                all.decisions.build());
    }

    private static Labels labels(ProjectFunction function) {
        return Labels.of(
                "project",
                function.project().value(),
                "function",
                function.function().value());
    }

    private void add(Labels labels, Counts counts) {
        counts.requests().forEach((outcome, count) -> {
            if (count > 0) {
                requests.dataPoint(EdgeSnapshots.counter(labels.merge(Labels.of("outcome", outcome)), count));
            }
        });
        durations.dataPoint(SummarySnapshot.SummaryDataPointSnapshot.builder()
                .labels(labels)
                .count(counts.ran())
                .sum((counts.queueMicros() + counts.startMicros() + counts.runMicros()) / 1e6)
                .build());
        Map.of("queue", counts.queueMicros(), "start", counts.startMicros(), "run", counts.runMicros())
                .forEach((step, micros) ->
                        steps.dataPoint(EdgeSnapshots.counter(labels.merge(Labels.of("step", step)), micros / 1e6)));
        cpu.dataPoint(EdgeSnapshots.counter(labels, counts.cpuMicros() / 1e6));
        cold.dataPoint(EdgeSnapshots.counter(labels, counts.coldStarts()));
        for (var reason : Reason.values()) {
            long count = counts.decisions(reason);
            if (count > 0) {
                var why = Labels.of("kind", lower(reason.kind()), "reason", lower(reason));
                decisions.dataPoint(EdgeSnapshots.counter(labels.merge(why), count));
            }
        }
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static List<MetricSnapshot> waiting(Engine engine, Totals.View totals) {
        var counts = new HashMap<Labels, Integer>();
        engine.waiting().forEach((function, count) -> counts.merge(own(function, totals), count, Integer::sum));
        return List.of(gauge("mayfly_queue", "Requests that wait for a slot.", counts));
    }

    private static List<MetricSnapshot> instances(List<InstanceView> instances, Totals.View totals) {
        var living = new HashMap<Labels, Integer>();
        var running = new HashMap<Labels, Integer>();
        for (var instance : instances) {
            var whose = own(new ProjectFunction(instance.project(), instance.function()), totals);
            living.merge(whose.merge(Labels.of("state", instance.state())), 1, Integer::sum);
            running.merge(whose, instance.active(), Integer::sum);
        }
        return List.of(
                gauge("mayfly_instances", "Instances that live, by function and state.", living),
                gauge("mayfly_running", "Requests that have a slot.", running));
    }

    private static Labels own(ProjectFunction function, Totals.View totals) {
        return totals.functions().containsKey(function) ? labels(function) : OTHERS;
    }

    private static MetricSnapshot gauge(String name, String help, Map<Labels, Integer> counts) {
        var gauge = GaugeSnapshot.builder().name(name).help(help);
        counts.forEach((labels, count) -> gauge.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .labels(labels)
                .value(count)
                .build()));
        return gauge.build();
    }
}
