package dev.mayfly.control.metrics;

import dev.mayfly.gateway.observe.AccessLog;
import dev.mayfly.traces.OtlpTraces;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;

/** Cold starts and the access log, in the terms of Prometheus. */
final class PlatformSnapshots {
    private PlatformSnapshots() {}

    static List<MetricSnapshot> of(ColdStartCounts coldStarts) {
        var starts = CounterSnapshot.builder()
                .name("mayfly_cold_starts")
                .help("Invocations that waited for an instance to start, by where it came from.");
        coldStarts.starts((rung, count) -> starts.dataPoint(EdgeSnapshots.counter(Labels.of("rung", rung), count)));
        var steps = CounterSnapshot.builder()
                .name("mayfly_cold_start_step_seconds")
                .help("What they spent: queue, init and run are the whole; the other steps are parts of init.");
        coldStarts.steps((rung, step, seconds) ->
                steps.dataPoint(EdgeSnapshots.counter(Labels.of("rung", rung, "step", step), seconds)));
        return List.of(starts.build(), steps.build());
    }

    static List<MetricSnapshot> of(OtlpTraces traces) {
        return List.of(
                CounterSnapshot.builder()
                        .name("mayfly_trace_spans")
                        .help("Spans that the collector took.")
                        .dataPoint(EdgeSnapshots.counter(Labels.EMPTY, traces.sent()))
                        .build(),
                CounterSnapshot.builder()
                        .name("mayfly_trace_dropped_spans")
                        .help(
                                "Spans and requests that are missing: there was no room, or the collector did not take them.")
                        .dataPoint(EdgeSnapshots.counter(Labels.EMPTY, traces.dropped()))
                        .build());
    }

    static List<MetricSnapshot> of(AccessLog log) {
        return List.of(
                CounterSnapshot.builder()
                        .name("mayfly_access_log_lines")
                        .help("Lines of the access log that were written.")
                        .dataPoint(EdgeSnapshots.counter(Labels.EMPTY, log.written()))
                        .build(),
                CounterSnapshot.builder()
                        .name("mayfly_access_log_dropped_lines")
                        .help(
                                "Lines of the access log that are missing: there was no room, or it could not be written.")
                        .dataPoint(EdgeSnapshots.counter(Labels.EMPTY, log.dropped()))
                        .build());
    }
}
