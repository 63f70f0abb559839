package dev.mayfly.traces;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;

/** Takes what is sent as OTLP over HTTP, or answers as it is told. */
final class TestCollector implements AutoCloseable {
    final List<ResourceSpans> resources = new CopyOnWriteArrayList<>();
    final List<String> keys = new CopyOnWriteArrayList<>();
    volatile int status = 200;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    TestCollector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.setExecutor(threads);
        server.createContext("/v1/traces", this::take);
        server.start();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces");
    }

    List<Span> spans() {
        return resources.stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange;
                var body = new GZIPInputStream(exchange.getRequestBody())) {
            var request = ExportTraceServiceRequest.parseFrom(body.readAllBytes());
            if (status == 200) {
                keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("x-key")));
                resources.addAll(request.getResourceSpansList());
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
