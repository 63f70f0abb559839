package dev.mayfly.traces;

import dev.mayfly.gateway.observe.Ending;
import dev.mayfly.gateway.observe.Protocol;
import dev.mayfly.gateway.observe.Served;
import dev.mayfly.gateway.observe.Trace;
import dev.mayfly.gateway.observe.TraceIds;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.UsageRecord;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a request: one span of the edge, and below it {@code queue}, {@code start}, {@code init} and {@code run} of an invocation, as far as
 * there was any of each. Names of attributes are those of OpenTelemetry's semantic conventions for HTTP and FaaS, others begin with {@code mayfly.}.
 */
final class Spans {
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY");
    private static final int ERROR = 500;
    private static final long MILLI = 1_000_000;
    private static final long MICRO = 1_000;
    /** The step of a start in which the worker reads the user's code. */
    private static final String LOAD = "load";

    private final Resource resource;
    private final RandomGenerator random;

    Spans(Resource resource, RandomGenerator random) {
        this.resource = resource;
        this.random = random;
    }

    /** The span of the edge. */
    SpanData edge(Served served, Trace trace) {
        var span = context(trace.id(), TraceIds.span(random), false);
        var parent = trace.parent().isEmpty() ? SpanContext.getInvalid() : context(trace.id(), trace.parent(), true);
        long start = served.atMillis() * MILLI;
        boolean failed = served.status() >= ERROR || served.ending() == Ending.CUT_OFF;
        return new EndedSpan(
                resource,
                span,
                parent,
                name(served),
                SpanKind.SERVER,
                start,
                start + served.nanos(),
                failed ? StatusData.error() : StatusData.unset(),
                attributes(served, failed));
    }

    /**
     * The spans of the invocation.
     *
     * @param edge the span that they are part of
     * @param run the id of the one that the function was told of
     */
    List<SpanData> invocation(SpanData edge, String run, UsageRecord entry) {
        var spans = new ArrayList<SpanData>();
        // The edge's clock was read first, but both tell milliseconds alone.
        long at = Math.max(edge.getStartEpochNanos(), entry.startedAt() * MILLI);
        if (entry.queueMicros() > 0) {
            spans.add(inside(edge, "queue", at, entry.queueMicros(), Attributes.empty()));
        }
        at += entry.queueMicros() * MICRO;
        if (entry.cold()) {
            start(spans, edge, at, entry);
        }
        at += entry.initMicros() * MICRO;
        spans.add(run(edge, run, at, entry));
        return spans;
    }

    /** How the instance was made ready, which may have begun before this request came. */
    private void start(List<SpanData> spans, SpanData edge, long waitedFrom, UsageRecord entry) {
        long ready = waitedFrom + entry.initMicros() * MICRO;
        var how = entry.start();
        if (!how.known()) {
            spans.add(inside(edge, "start", waitedFrom, entry.initMicros(), Attributes.empty()));
            return;
        }
        long begun = ready - how.micros() * MICRO;
        var attributes = Attributes.builder()
                .put("mayfly.rung", how.rung())
                .put("mayfly.rung.why", how.why())
                .build();
        long load = how.phases().stream()
                .filter(step -> step.name().equals(LOAD))
                .mapToLong(ColdStart.Step::micros)
                .sum();
        var start = inside(edge, "start", begun, how.micros() - load, attributes);
        spans.add(start);
        long at = begun;
        for (var step : how.phases()) {
            if (!step.name().equals(LOAD)) {
                spans.add(inside(start, step.name(), at, step.micros(), Attributes.empty()));
                at += step.micros() * MICRO;
            }
        }
        if (load > 0) {
            spans.add(inside(edge, "init", at, load, Attributes.empty()));
        }
    }

    private SpanData run(SpanData edge, String id, long at, UsageRecord entry) {
        var attributes = Attributes.builder()
                .put("faas.name", entry.function().value())
                .put("faas.invocation_id", entry.id().toString())
                .put("faas.coldstart", entry.cold())
                .put("faas.instance", entry.instance().toString())
                .put("faas.max_memory", entry.memory())
                .put("mayfly.outcome", entry.outcome().name().toLowerCase(Locale.ROOT))
                .put("mayfly.cpu.micros", entry.cpuMicros())
                .put("mayfly.billed.millis", entry.billedMillis())
                .build();
        boolean failed = entry.outcome() == Outcome.FAILED || entry.outcome() == Outcome.TIMEOUT;
        return new EndedSpan(
                resource,
                context(edge.getTraceId(), id, false),
                edge.getSpanContext(),
                "run",
                SpanKind.INTERNAL,
                at,
                at + entry.runMicros() * MICRO,
                failed ? StatusData.error() : StatusData.unset(),
                attributes);
    }

    private SpanData inside(SpanData parent, String name, long start, long micros, Attributes attributes) {
        return new EndedSpan(
                resource,
                context(parent.getTraceId(), TraceIds.span(random), false),
                parent.getSpanContext(),
                name,
                SpanKind.INTERNAL,
                start,
                start + micros * MICRO,
                StatusData.unset(),
                attributes);
    }

    private static SpanContext context(String trace, String span, boolean remote) {
        return remote
                ? SpanContext.createFromRemoteParent(trace, span, TraceFlags.getSampled(), TraceState.getDefault())
                : SpanContext.create(trace, span, TraceFlags.getSampled(), TraceState.getDefault());
    }

    /** One of few: whatever clients send, names stay bounded. */
    private static String name(Served served) {
        var method = served.method() != null && METHODS.contains(served.method()) ? served.method() : "HTTP";
        var function = served.function();
        return function == null ? method + " " + served.kind().label() : method + " " + function.value();
    }

    private static Attributes attributes(Served served, boolean failed) {
        var attributes = Attributes.builder();
        var method = served.method();
        if (method != null) {
            boolean known = METHODS.contains(method);
            attributes.put("http.request.method", known ? method : "_OTHER");
            put(attributes, "http.request.method_original", known ? null : method);
        }
        put(attributes, "server.address", served.host());
        put(attributes, "url.path", served.path());
        attributes.put("client.address", served.client());
        put(attributes, "user_agent.original", served.agent());
        protocol(attributes, served.protocol());
        if (served.status() > 0) {
            attributes.put("http.response.status_code", served.status());
        }
        attributes.put("http.request.body.size", served.bytesIn());
        attributes.put("http.response.body.size", served.bytesOut());
        put(attributes, "mayfly.project", served.project());
        put(attributes, "mayfly.deployment", served.deployment());
        if (served.function() != null) {
            attributes.put("faas.name", served.function().value());
            attributes.put("faas.trigger", "http");
            put(attributes, "faas.invocation_id", served.id());
        }
        if (served.ending() != Ending.COMPLETE) {
            attributes.put("mayfly.end", served.ending().label());
        }
        var error = served.error();
        if (failed) {
            attributes.put("error.type", error == null ? Integer.toString(served.status()) : error.code());
        } else if (error != null) {
            attributes.put("mayfly.error", error.code());
        }
        return attributes.build();
    }

    private static void protocol(AttributesBuilder attributes, Protocol protocol) {
        if (protocol == Protocol.WEBSOCKET) {
            attributes.put("network.protocol.name", "websocket");
        } else {
            attributes.put("network.protocol.name", "http");
            attributes.put("network.protocol.version", protocol.label().substring("HTTP/".length()));
        }
    }

    private static void put(AttributesBuilder attributes, String name, @Nullable Object value) {
        if (value != null) {
            attributes.put(name, value.toString());
        }
    }
}
