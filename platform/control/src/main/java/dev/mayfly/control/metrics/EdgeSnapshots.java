package dev.mayfly.control.metrics;

import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.gateway.observe.Protocol;
import dev.mayfly.gateway.observe.TargetCounts;
import dev.mayfly.model.ErrorCode;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;

/** What the edge counts, in the terms of Prometheus. */
final class EdgeSnapshots {
    private static final int CLASSES = 6;

    private EdgeSnapshots() {}

    static List<MetricSnapshot> of(EdgeCounts edge) {
        var requests = CounterSnapshot.builder()
                .name("mayfly_http_requests")
                .help("Requests that are over. status none: the client left before one was sent.");
        var received = CounterSnapshot.builder()
                .name("mayfly_http_received_bytes")
                .help("Bytes of the bodies of requests, and what came by WebSocket.");
        var sent = CounterSnapshot.builder()
                .name("mayfly_http_sent_bytes")
                .help("Bytes of the bodies of answers, and what went by WebSocket.");
        var durations = HistogramSnapshot.builder()
                .name("mayfly_http_request_duration_seconds")
                .help("From a request's head to the end of its answer, WebSocket left out.");
        for (var target : edge.used()) {
            var labels = Labels.of(
                    "kind", target.kind().label(), "project", target.project(), "function", target.function());
            requests(target, labels, requests);
            received.dataPoint(counter(labels, target.bytesIn()));
            sent.dataPoint(counter(labels, target.bytesOut()));
            durations.dataPoint(durations(target, labels));
        }
        return List.of(
                requests.build(),
                received.build(),
                sent.build(),
                durations.build(),
                errors(edge),
                accepted(edge),
                closed(edge),
                open(edge));
    }

    private static void requests(TargetCounts target, Labels labels, CounterSnapshot.Builder into) {
        for (var protocol : Protocol.values()) {
            for (int statusClass = 0; statusClass < CLASSES; statusClass++) {
                long count = target.requests(protocol, statusClass);
                if (count > 0) {
                    var status = statusClass == 0 ? "none" : statusClass + "xx";
                    into.dataPoint(
                            counter(labels.merge(Labels.of("protocol", protocol.label(), "status", status)), count));
                }
            }
        }
    }

    private static HistogramSnapshot.HistogramDataPointSnapshot durations(TargetCounts target, Labels labels) {
        var durations = target.durations();
        var bounds = TargetCounts.boundsSeconds();
        var buckets = ClassicHistogramBuckets.builder();
        for (int i = 0; i < durations.counts().size(); i++) {
            buckets.bucket(
                    i < bounds.length ? bounds[i] : Double.POSITIVE_INFINITY,
                    durations.counts().get(i));
        }
        return HistogramSnapshot.HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(buckets.build())
                .sum(durations.sumSeconds())
                .build();
    }

    private static MetricSnapshot errors(EdgeCounts edge) {
        var errors = CounterSnapshot.builder()
                .name("mayfly_edge_errors")
                .help("Answers that the edge made itself because a request could not be served, by error code.");
        for (var code : ErrorCode.values()) {
            errors.dataPoint(counter(Labels.of("code", code.code()), edge.errors(code)));
        }
        return errors.build();
    }

    private static MetricSnapshot accepted(EdgeCounts edge) {
        return CounterSnapshot.builder()
                .name("mayfly_connections_accepted")
                .help("Connections of clients.")
                .dataPoint(counter(Labels.EMPTY, edge.acceptedConnections()))
                .build();
    }

    private static MetricSnapshot closed(EdgeCounts edge) {
        var closed = CounterSnapshot.builder()
                .name("mayfly_connections_closed")
                .help("Connections of clients that are closed, by why.");
        for (var why : ConnectionEnd.values()) {
            closed.dataPoint(counter(Labels.of("why", why.label()), edge.closedConnections(why)));
        }
        return closed.build();
    }

    private static MetricSnapshot open(EdgeCounts edge) {
        long closed = 0;
        for (var why : ConnectionEnd.values()) {
            closed += edge.closedConnections(why);
        }
        return GaugeSnapshot.builder()
                .name("mayfly_connections_open")
                .help("Connections of clients that are open.")
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value((double) Math.max(0, edge.acceptedConnections() - closed))
                        .build())
                .build();
    }

    static CounterSnapshot.CounterDataPointSnapshot counter(Labels labels, long value) {
        return counter(labels, (double) value);
    }

    static CounterSnapshot.CounterDataPointSnapshot counter(Labels labels, double value) {
        return CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(labels)
                .value(value)
                .build();
    }
}
