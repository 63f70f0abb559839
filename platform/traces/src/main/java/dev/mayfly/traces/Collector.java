package dev.mayfly.traces;

import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A collector that takes OTLP over HTTP, in protobuf. Of one thread. */
final class Collector implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Collector.class);
    /** Says on standard error, with a stack trace, what is said here in a line. */
    private static final java.util.logging.Logger THEIR_LOG = java.util.logging.Logger.getLogger("io.opentelemetry");

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final URI endpoint;
    private final OtlpHttpSpanExporter exporter;
    private boolean failing;

    Collector(URI endpoint, Map<String, String> headers) {
        this.endpoint = endpoint;
        THEIR_LOG.setLevel(Level.OFF);
        var builder = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint.toString())
                .setCompression("gzip")
                .setConnectTimeout(PATIENCE)
                .setTimeout(PATIENCE);
        headers.forEach(builder::addHeader);
        this.exporter = builder.build();
    }

    /** Whether it took them. */
    boolean take(Collection<SpanData> spans) {
        var result = exporter.export(spans).join(2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (result.isSuccess() && failing) {
            LOG.warn("traces reach {} again", endpoint);
        } else if (!result.isSuccess() && !failing) {
            var why = result.getFailureThrowable();
            LOG.warn(
                    "traces do not reach {}, they are dropped: {}",
                    endpoint,
                    why == null ? "no answer" : why.toString());
        }
        failing = !result.isSuccess();
        return result.isSuccess();
    }

    @Override
    public void close() {
        exporter.shutdown();
    }
}
