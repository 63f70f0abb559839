package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that read an answer, and functions that read a request, far slower than it comes: the one who sends waits, and nobody holds it for them. */
class SlowPeersTest {
    private static final int PIECE = 64 * 1024;

    private static final String APP = """
            import asyncio
            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                pause = 0.002 if scope["path"] == "/slow" else 0
                count, more, paid = 0, True, 0
                while more:
                    event = await receive()
                    count += len(event.get("body", b""))
                    more = event.get("more_body", False)
                    while pause and paid < count // 65536:
                        paid += 1
                        await asyncio.sleep(pause)
                await send({"type": "http.response.start", "status": 200})
                if scope["path"] == "/much":
                    piece = bytes(65536)
                    for _ in range(int(scope["query_string"]) // len(piece)):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": str(count).encode()})
            """;

    @Test
    void slow_readers_and_slow_writers_take_no_memory() throws Exception {
        pass(32L << 20, 48L << 20);
    }

    @Test
    @Tag("soak")
    void the_same_with_a_gibibyte_each() throws Exception {
        pass(1L << 30, 64L << 20);
    }

    /** @param most bytes of memory that the server may take while {@code size} bytes pass each of three ways */
    private static void pass(long size, long most) throws Exception {
        try (var home = Home.started();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var url = home.deploy(home.project("flow", "app.py", APP, "mayfly.yaml", """
                    functions:
                      app:
                        requestBody: 2GiB
                    """));
            int port = URI.create(url).getPort();
            assertThat(read(port, 16 << 20, 0)).isEqualTo(16 << 20); // so that what every first use takes is taken
            assertThat(write(port, "/slow", 16 << 20, 0)).isEqualTo(16 << 20);
            long pid = home.serverPid();
            long before = Footprint.of(pid).resident();
            long peak = 0;
            var done = threads.submit(() -> {
                Callable<Long> slowReader = () -> read(port, size, 2);
                Callable<Long> slowWriter = () -> write(port, "/fast", size, 2);
                Callable<Long> slowFunction = () -> write(port, "/slow", size, 0);
                return threads.invokeAll(List.of(slowReader, slowWriter, slowFunction));
            });
            while (!done.isDone()) {
                peak = Math.max(peak, Footprint.of(pid).resident());
                Thread.sleep(50);
            }
            for (var passed : done.get()) {
                assertThat(passed.get()).isEqualTo(size);
            }

            System.out.printf(
                    "3 x %d MiB by slow peers: %d MiB more than the %d before%n",
                    size >> 20, (peak - before) >> 20, before >> 20);
            assertThat(peak - before)
                    .as("memory taken while %d bytes passed", 3 * size)
                    .isLessThan(most);
        }
    }

    private static Socket connected(int port) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(120_000);
        return socket;
    }

    /** Reads an answer of {@code size} bytes and a pause after each piece, and says how many came. */
    private static long read(int port, long size, int pause) throws Exception {
        try (var socket = connected(port)) {
            socket.getOutputStream()
                    .write(("GET /much?" + size + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                                    + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            var in = socket.getInputStream();
            assertThat(head(in)).startsWith("HTTP/1.1 200 ").containsIgnoringCase("transfer-encoding: chunked");
            long body = 0;
            long unpaid = 0;
            for (int chunk = chunk(in); chunk > 0; chunk = chunk(in)) {
                int left = chunk;
                while (left > 0) {
                    int got = in.readNBytes(Math.min(left, PIECE)).length;
                    if (got == 0) {
                        throw new IOException("broken off after " + body);
                    }
                    left -= got;
                    body += got;
                }
                for (unpaid += chunk; pause > 0 && unpaid >= PIECE; unpaid -= PIECE) {
                    Thread.sleep(pause);
                }
                in.readNBytes(2);
            }
            return body - 1; // the last says "0", the length of the request's body
        }
    }

    /** Sends {@code size} bytes with a pause after each piece, and answers how many the function counted. */
    private static long write(int port, String path, long size, int pause) throws Exception {
        try (var socket = connected(port)) {
            var out = socket.getOutputStream();
            out.write(("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nContent-Length: " + size
                            + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            var piece = new byte[PIECE];
            for (long sent = 0; sent < size; sent += PIECE) {
                out.write(piece);
                if (pause > 0) {
                    Thread.sleep(pause);
                }
            }
            var in = socket.getInputStream();
            assertThat(head(in)).startsWith("HTTP/1.1 200 ");
            var rest = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return rest.lines()
                    .filter(line -> line.length() > 5)
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(-1);
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed after " + head);
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static int chunk(InputStream in) throws IOException {
        var line = new StringBuilder();
        while (line.indexOf("\r\n") < 0) {
            line.append((char) in.read());
        }
        return Integer.parseInt(line.toString().strip(), 16);
    }
}
