package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** A cold call as a collector of OpenTelemetry sees it. */
class TracesTest {
    private static final String TELLS = Home.handler("self.say(self.headers['traceparent'])");
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final List<Span> spans = new CopyOnWriteArrayList<>();

    private HttpServer collector() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.createContext("/v1/traces", exchange -> {
            try (exchange;
                    var body = new GZIPInputStream(exchange.getRequestBody())) {
                ExportTraceServiceRequest.parseFrom(body.readAllBytes()).getResourceSpansList().stream()
                        .flatMap(resource -> resource.getScopeSpansList().stream())
                        .forEach(scope -> spans.addAll(scope.getSpansList()));
                exchange.sendResponseHeaders(200, -1);
            }
        });
        server.start();
        return server;
    }

    @Test
    void a_cold_call_is_a_tree_of_spans_that_the_function_is_part_of() throws IOException {
        var collector = collector();
        try (var home = Home.withOptions(
                "--otlp http://127.0.0.1:" + collector.getAddress().getPort())) {
            var url = home.startServer().deploy(home.project("traced", "api/f.py", TELLS, "public/a.txt", "a"));

            var told = call(url, "00-" + TRACE + "-00f067aa0ba902b7-01");
            await().until(() -> names().contains("run"));

            var tree = spans.stream().collect(Collectors.toMap(Span::getName, span -> span));
            var edge = named(tree, "GET api/f");
            var run = named(tree, "run");
            assertThat(tree).containsKeys("start", "init");
            assertThat(told).isEqualTo("00-" + TRACE + "-" + hex(run.getSpanId()) + "-01");
            assertThat(hex(edge.getTraceId())).isEqualTo(TRACE);
            assertThat(hex(edge.getParentSpanId())).isEqualTo("00f067aa0ba902b7");
            for (var name : List.of("start", "init", "run")) {
                assertThat(named(tree, name).getParentSpanId()).as(name).isEqualTo(edge.getSpanId());
            }
            assertThat(run.getStartTimeUnixNano())
                    .isGreaterThanOrEqualTo(named(tree, "init").getEndTimeUnixNano());

            // What its client does not record is told to nobody; what begins here is.
            spans.clear();
            assertThat(call(url, "00-" + TRACE + "-00f067aa0ba902b7-00")).endsWith("-00");
            assertThat(Http.get(Http.join(url, "/a.txt")).body()).isEqualTo("a");
            assertThat(Http.get(Http.join(url, "/api/f")).body()).endsWith("-01");
            await().until(() -> names().contains("run"));
            // A moment in the queue is a span as well, if there was one.
            assertThat(names().stream().filter(name -> !name.equals("queue")))
                    .containsExactlyInAnyOrder("GET file", "GET api/f", "run");
            assertThat(spans)
                    .allSatisfy(span -> assertThat(hex(span.getTraceId())).isNotEqualTo(TRACE));

            var metrics = Http.send(Http.request("http://127.0.0.1:" + home.port + "/metrics")
                            .header("Authorization", "Bearer " + home.token())
                            .build())
                    .body();
            assertThat(metrics)
                    .containsPattern("(?m)^mayfly_trace_spans_total [1-9]")
                    .contains("mayfly_trace_dropped_spans_total 0");
        } finally {
            collector.stop(0);
        }
    }

    private static String call(String url, String parent) {
        return Http.send(Http.request(Http.join(url, "/api/f"))
                        .header("traceparent", parent)
                        .build())
                .body();
    }

    private List<String> names() {
        return spans.stream().map(Span::getName).toList();
    }

    private static Span named(Map<String, Span> spans, String name) {
        return Objects.requireNonNull(spans.get(name), name);
    }

    private static String hex(com.google.protobuf.ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }
}
