package dev.mayfly.control.metrics;

import dev.mayfly.engine.Engine;
import dev.mayfly.gateway.observe.AccessLog;
import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.traces.OtlpTraces;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code GET /metrics}. Counting is the edge's own; the library of Prometheus is loaded by the first scrape, so that a server nobody
 * scrapes pays nothing for it.
 */
public final class Metrics {
    /** Of the text format of Prometheus. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final EdgeCounts edge;
    private final ColdStartCounts coldStarts;
    private final Optional<AccessLog> accessLog;
    private final Optional<OtlpTraces> traces;
    private final Engine engine;
    private @Nullable PrometheusRegistry jvm;

    public Metrics(
            EdgeCounts edge,
            ColdStartCounts coldStarts,
            Optional<AccessLog> accessLog,
            Optional<OtlpTraces> traces,
            Engine engine) {
        this.edge = edge;
        this.coldStarts = coldStarts;
        this.accessLog = accessLog;
        this.traces = traces;
        this.engine = engine;
    }

    /** All numbers as they are now. */
    public synchronized String text() throws IOException {
        var all = new ArrayList<MetricSnapshot>();
        all.addAll(EdgeSnapshots.of(edge));
        all.addAll(PlatformSnapshots.of(coldStarts));
        all.addAll(FunctionSnapshots.of(engine));
        accessLog.ifPresent(log -> all.addAll(PlatformSnapshots.of(log)));
        traces.ifPresent(made -> all.addAll(PlatformSnapshots.of(made)));
        jvm().scrape().forEach(all::add);
        var text = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(text, new MetricSnapshots(all));
        return text.toString(StandardCharsets.UTF_8);
    }

    private PrometheusRegistry jvm() {
        var made = jvm;
        if (made == null) {
            made = new PrometheusRegistry();
            JvmMetrics.builder().register(made);
            jvm = made;
        }
        return made;
    }
}
