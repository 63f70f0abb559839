package dev.mayfly.acme;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;

/** What a server answers that is no good. */
@FunctionalInterface
interface Trouble {
    String ERROR = "urn:ietf:params:acme:error:";

    void answer(HttpExchange exchange) throws IOException;

    /** This, whatever was asked. */
    static Trouble says(int status, String type, String body, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        };
    }

    static Trouble problem(int status, String type, String detail, String... headers) {
        return says(
                status,
                "application/problem+json",
                "{\"type\":\"" + ERROR + type + "\",\"detail\":\"" + detail + "\"}",
                headers);
    }

    /** Nothing. */
    static Trouble silent() {
        return exchange -> {};
    }

    /** The beginning of an answer and then nothing more. */
    static Trouble halfAnAnswer() {
        return exchange -> {
            begin(exchange);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
        };
    }

    /** A byte now and then. */
    static Trouble byteByByte() {
        return exchange -> {
            begin(exchange);
            while (true) {
                exchange.getResponseBody().write(' ');
                exchange.getResponseBody().flush();
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        };
    }

    /** Bytes without an end, as fast as they are read. */
    static Trouble endless(AtomicLong sent) {
        return exchange -> {
            begin(exchange);
            var much = " ".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
            while (true) {
                exchange.getResponseBody().write(much);
                sent.addAndGet(much.length);
            }
        };
    }

    /** {@code body} as gzip makes it. */
    static Trouble packed(String body) {
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            begin(exchange);
            try (var out = new GZIPOutputStream(exchange.getResponseBody())) {
                out.write(body.getBytes(StandardCharsets.US_ASCII));
            }
        };
    }

    private static void begin(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
    }
}
