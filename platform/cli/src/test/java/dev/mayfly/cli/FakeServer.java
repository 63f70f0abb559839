package dev.mayfly.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** Speaks docs/api.md with the answers a test puts in, and remembers what it was asked. */
final class FakeServer implements AutoCloseable {
    static final String TOKEN = "right-token";

    /**
     * One request that came.
     *
     * @param raw the body, a byte a character
     */
    record Request(String method, String path, Map<String, List<String>> headers, String raw) {
        byte[] body() {
            return raw.getBytes(StandardCharsets.ISO_8859_1);
        }

        String text() {
            return new String(body(), StandardCharsets.UTF_8);
        }

        JsonObject json() {
            return Json.object(text());
        }
    }

    private record Answer(int status, Map<String, String> headers, String body) {}

    private final HttpServer http;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    FakeServer() throws IOException {
        this(0);
    }

    FakeServer(int port) throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        http.createContext("/", this::handle);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.start();
    }

    String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** What {@code METHOD /path} answers; the path is that below {@code /mayfly/v1}, with or without its query. */
    FakeServer answer(String request, String body) {
        return answer(request, 200, Map.of(), body);
    }

    FakeServer answer(String request, int status, Map<String, String> headers, String body) {
        answers.put(request, new Answer(status, headers, body));
        return this;
    }

    FakeServer refuse(String request, int status, String code, String message, String fix) {
        return answer(request, status, Map.of(), Json.write(envelope(code, message, fix)));
    }

    private static Object envelope(String code, String message, String fix) {
        return Map.of("error", Map.of("code", code, "message", message, "fix", fix, "requestId", "0000065a1b2c3d4e"));
    }

    List<Request> requests() {
        return requests;
    }

    /** The one request of that method and path. */
    Request request(String method, String path) {
        var found = requests.stream()
                .filter(request ->
                        request.method().equals(method) && request.path().startsWith(path))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(method + " " + path + " came " + found.size() + " times: " + requests);
        }
        return found.getFirst();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var full = exchange.getRequestURI().toString().replaceFirst("^/mayfly/v1", "");
            var body = exchange.getRequestBody().readAllBytes();
            requests.add(new Request(
                    exchange.getRequestMethod(),
                    full,
                    Map.copyOf(exchange.getRequestHeaders()),
                    new String(body, StandardCharsets.ISO_8859_1)));
            var answer = answerTo(exchange, full);
            answer.headers()
                    .forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
            var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Answer answerTo(HttpExchange exchange, String full) {
        if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            var told = envelope("unauthorized", "the token is not valid here", "set MAYFLY_TOKEN to one that is");
            return new Answer(401, Map.of(), Json.write(told));
        }
        var exact = answers.get(exchange.getRequestMethod() + " " + full);
        var bare = answers.get(exchange.getRequestMethod() + " " + full.replaceFirst("\\?.*", ""));
        if (exact != null) {
            return exact;
        }
        if (bare != null) {
            return bare;
        }
        var told = envelope("not_found", "there is no " + full, "");
        return new Answer(404, Map.of(), Json.write(told));
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
