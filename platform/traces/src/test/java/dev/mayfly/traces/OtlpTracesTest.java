package dev.mayfly.traces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.gateway.TraceRules;
import dev.mayfly.gateway.observe.Ending;
import dev.mayfly.gateway.observe.Kind;
import dev.mayfly.gateway.observe.Protocol;
import dev.mayfly.gateway.observe.Served;
import dev.mayfly.gateway.observe.Trace;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Trigger;
import dev.mayfly.model.UsageRecord;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a collector gets. */
@Timeout(60)
class OtlpTracesTest {
    private static final long AT = 1_764_205_323_004L;
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CLIENT = "00f067aa0ba902b7";
    private static final String CALL = "1111111111111111";
    private static final InvocationId ID = new InvocationId(0x688227a733800001L);
    private static final ProjectName PROJECT = new ProjectName("hello");
    private static final DeploymentId DEPLOYMENT = new DeploymentId("abcdefgh01");
    private static final FunctionName FUNCTION = new FunctionName("api/hello");

    private static Served served(
            Kind kind, int status, @Nullable Trace trace, @Nullable ErrorCode error, String method) {
        boolean function = kind == Kind.FUNCTION;
        return new Served(
                AT,
                "10.1.2.3",
                method,
                "hello.localhost",
                "/api/hello",
                Protocol.HTTP_2,
                status,
                1,
                2,
                30_000_000,
                kind,
                PROJECT,
                DEPLOYMENT,
                function ? FUNCTION : null,
                function ? ID.toString() : null,
                "curl/8",
                null,
                trace,
                error,
                Ending.COMPLETE);
    }

    private static UsageRecord ran(InvocationId id, Outcome outcome, ColdStart start) {
        boolean cold = start.known();
        return new UsageRecord(
                id,
                PROJECT,
                DEPLOYMENT,
                FUNCTION,
                new InstanceId("i1"),
                Trigger.HTTP,
                AT,
                2_000,
                cold ? 7_000 : 0,
                20_000,
                20,
                1 << 27,
                0,
                1_500,
                CpuSource.CGROUP,
                1,
                2,
                outcome,
                200,
                cold,
                start);
    }

    private static ColdStart boot() {
        return new ColdStart(
                "boot",
                "its first call",
                List.of(
                        new ColdStart.Step("clone", 1_000),
                        new ColdStart.Step("mounts", 2_000),
                        new ColdStart.Step("boot", 4_000),
                        new ColdStart.Step("load", 3_000)),
                List.of());
    }

    private static OtlpTraces to(URI endpoint, double part) {
        return new OtlpTraces(
                endpoint, Map.of("x-key", "secret"), "1.2.3", new TraceRules(true, part), new SplittableRandom(1));
    }

    private static Map<String, Span> byName(TestCollector collector) {
        return collector.spans().stream().collect(Collectors.toMap(Span::getName, span -> span));
    }

    private static Map<String, String> attributes(List<KeyValue> all) {
        return all.stream().collect(Collectors.toMap(KeyValue::getKey, each -> switch (each.getValue()
                .getValueCase()) {
            case STRING_VALUE -> each.getValue().getStringValue();
            case INT_VALUE -> Long.toString(each.getValue().getIntValue());
            case BOOL_VALUE -> Boolean.toString(each.getValue().getBoolValue());
            default -> throw new AssertionError(each);
        }));
    }

    private static Span named(Map<String, Span> spans, String name) {
        return Objects.requireNonNull(spans.get(name), name);
    }

    private static String hex(com.google.protobuf.ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    @Test
    void aColdCallIsATreeOfWhatItWaitedFor() throws IOException {
        try (var collector = new TestCollector()) {
            try (var traces = to(collector.endpoint(), 0)) {
                traces.ran(ran(ID, Outcome.OK, boot()));
                traces.served(200, () -> served(Kind.FUNCTION, 200, new Trace(TRACE, CLIENT, CALL, true), null, "GET"));
            }

            var spans = byName(collector);
            assertThat(spans).containsOnlyKeys("GET api/hello", "queue", "start", "sandbox", "boot", "init", "run");
            assertThat(spans.values())
                    .allSatisfy(span -> assertThat(hex(span.getTraceId())).isEqualTo(TRACE));
            var edge = named(spans, "GET api/hello");
            assertThat(hex(edge.getParentSpanId())).isEqualTo(CLIENT);
            assertThat(edge.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
            assertThat(hex(named(spans, "run").getSpanId())).isEqualTo(CALL);
            for (var name : List.of("queue", "start", "init", "run")) {
                assertThat(named(spans, name).getParentSpanId()).as(name).isEqualTo(edge.getSpanId());
            }
            for (var name : List.of("sandbox", "boot")) {
                assertThat(named(spans, name).getParentSpanId())
                        .as(name)
                        .isEqualTo(named(spans, "start").getSpanId());
            }
            // Queue 2 ms; the start took 10 ms, of which it waited for 7; then it ran.
            assertThat(micros(named(spans, "GET api/hello"))).containsExactly(0L, 30_000L);
            assertThat(micros(named(spans, "queue"))).containsExactly(0L, 2_000L);
            assertThat(micros(named(spans, "start"))).containsExactly(-1_000L, 6_000L);
            assertThat(micros(named(spans, "sandbox"))).containsExactly(-1_000L, 2_000L);
            assertThat(micros(named(spans, "boot"))).containsExactly(2_000L, 6_000L);
            assertThat(micros(named(spans, "init"))).containsExactly(6_000L, 9_000L);
            assertThat(micros(named(spans, "run"))).containsExactly(9_000L, 29_000L);

            assertThat(attributes(edge.getAttributesList()))
                    .containsEntry("http.request.method", "GET")
                    .containsEntry("http.response.status_code", "200")
                    .containsEntry("url.path", "/api/hello")
                    .containsEntry("network.protocol.version", "2")
                    .containsEntry("mayfly.project", "hello")
                    .containsEntry("faas.invocation_id", ID.toString())
                    .doesNotContainKey("error.type");
            assertThat(attributes(named(spans, "start").getAttributesList()))
                    .containsOnly(Map.entry("mayfly.rung", "boot"), Map.entry("mayfly.rung.why", "its first call"));
            assertThat(attributes(named(spans, "run").getAttributesList()))
                    .containsEntry("faas.coldstart", "true")
                    .containsEntry("mayfly.cpu.micros", "1500");
            assertThat(attributes(collector.resources.getFirst().getResource().getAttributesList()))
                    .containsOnly(Map.entry("service.name", "mayfly"), Map.entry("service.version", "1.2.3"));
            assertThat(collector.keys).containsOnly("secret");
        }
    }

    private static List<Long> micros(Span span) {
        return List.of(
                (span.getStartTimeUnixNano() - AT * 1_000_000) / 1000,
                (span.getEndTimeUnixNano() - AT * 1_000_000) / 1000);
    }

    @Test
    void whatWorksOnAfterItsAnswerIsTheSameTree() throws IOException {
        try (var collector = new TestCollector();
                var traces = to(collector.endpoint(), 0)) {
            traces.served(200, () -> served(Kind.FUNCTION, 200, new Trace(TRACE, "", CALL, true), null, "GET"));
            await().until(() -> traces.sent() == 1);
            traces.ran(ran(ID, Outcome.TIMEOUT, ColdStart.NONE));
            await().until(() -> traces.sent() == 3);

            var spans = byName(collector);
            assertThat(spans).containsOnlyKeys("GET api/hello", "queue", "run");
            assertThat(named(spans, "GET api/hello").getParentSpanId().isEmpty())
                    .isTrue();
            assertThat(named(spans, "run").getParentSpanId())
                    .isEqualTo(named(spans, "GET api/hello").getSpanId());
            assertThat(named(spans, "run").getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
        }
    }

    @Test
    void onlyWhatIsRecordedIsSent() throws IOException {
        try (var collector = new TestCollector()) {
            try (var traces = to(collector.endpoint(), 0)) {
                traces.served(
                        200, () -> served(Kind.FUNCTION, 200, new Trace(TRACE, CLIENT, CALL, false), null, "GET"));
                traces.ran(ran(ID, Outcome.OK, boot()));
                traces.served(200, () -> served(Kind.FILE, 200, null, null, "GET"));
                traces.served(200, () -> served(Kind.MANAGEMENT, 200, new Trace(TRACE, CLIENT, "", true), null, "GET"));
                traces.served(200, () -> served(Kind.FILE, 200, new Trace(TRACE, CLIENT, "", true), null, "HEAD"));
            }

            assertThat(collector.spans()).extracting(Span::getName).containsExactly("HEAD file");
        }
    }

    @Test
    void whatBeginsHereIsRecordedInItsPart() throws IOException {
        try (var collector = new TestCollector()) {
            try (var traces = to(collector.endpoint(), 0.5)) {
                for (int i = 0; i < 400; i++) {
                    traces.served(200, () -> served(Kind.FILE, 200, null, null, "GET"));
                }
            }

            assertThat(collector.spans()).hasSizeBetween(120, 280);
            assertThat(collector.spans().stream()
                            .map(Span::getTraceId)
                            .distinct()
                            .count())
                    .isEqualTo(collector.spans().size());
        }
    }

    @Test
    void failuresAreNamedAndNamesStayFew() throws IOException {
        try (var collector = new TestCollector()) {
            var trace = new Trace(TRACE, CLIENT, "", true);
            try (var traces = to(collector.endpoint(), 0)) {
                traces.served(502, () -> served(Kind.EDGE, 502, trace, ErrorCode.FUNCTION_BAD_RESPONSE, "BREW"));
                traces.served(404, () -> served(Kind.EDGE, 404, trace, ErrorCode.NOT_FOUND, "GET"));
            }

            var spans = byName(collector);
            assertThat(spans).containsOnlyKeys("HTTP edge", "GET edge");
            assertThat(named(spans, "HTTP edge").getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(attributes(named(spans, "HTTP edge").getAttributesList()))
                    .containsEntry("error.type", ErrorCode.FUNCTION_BAD_RESPONSE.code())
                    .containsEntry("http.request.method", "_OTHER")
                    .containsEntry("http.request.method_original", "BREW");
            assertThat(named(spans, "GET edge").getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_UNSET);
            assertThat(attributes(named(spans, "GET edge").getAttributesList()))
                    .containsEntry("mayfly.error", ErrorCode.NOT_FOUND.code());
        }
    }

    @Test
    void aCollectorThatRefusesCostsOnlyItsSpans() throws IOException {
        try (var collector = new TestCollector();
                var traces = to(collector.endpoint(), 1)) {
            collector.status = 400;
            traces.served(200, () -> served(Kind.FILE, 200, null, null, "GET"));
            await().until(() -> traces.dropped() == 1);
            collector.status = 200;
            traces.served(200, () -> served(Kind.FILE, 200, null, null, "GET"));
            await().until(() -> traces.sent() == 1);
        }
    }

    @Test
    void whereNobodyListensRequestsAreDroppedAndNobodyWaits() throws IOException {
        int free;
        try (var socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (var traces = to(URI.create("http://127.0.0.1:" + free + "/v1/traces"), 1)) {
            for (int i = 0; i < 3 * OtlpTraces.MOST_WAITING; i++) {
                traces.served(200, () -> served(Kind.FILE, 200, null, null, "GET"));
            }
            assertThat(traces.dropped()).isPositive();
            assertThat(traces.sent()).isZero();
        }
    }

    @Test
    void halvesThatNeverMeetAreForgotten() {
        var joined = new Joined();
        for (int i = 1; i <= 3 * Joined.MOST; i++) {
            assertThat(joined.ran(ran(new InvocationId(i), Outcome.OK, ColdStart.NONE)))
                    .isNull();
        }

        assertThat(joined.waiting()).isEqualTo(Joined.MOST);
    }
}
