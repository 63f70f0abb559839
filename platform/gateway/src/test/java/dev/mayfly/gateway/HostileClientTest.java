package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send too much, too little, or no HTTP. */
class HostileClientTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a.localhost\r\nHost: b.localhost\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a.localhost:99999\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: <script>\r\nConnection: close\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n",
                "nonsense\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: hello.localhost\r\nbroken line\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            })
    void nonsenseIs400(String request) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(edge.raw(request)).containsPattern("^HTTP/1.[01] 400 ").contains("bad_request");
            assertThat(edge.engine.asked).isEmpty();
        }
    }

    @Test
    void headersOver64KiBAre431() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(edge.get("/api/hello", "X-A: " + "x".repeat(60_000))).startsWith("HTTP/1.1 200 ");
            assertThat(edge.get("/api/hello", "X-A: " + "x".repeat(66_000)))
                    .containsPattern("^HTTP/1.[01] 431 ")
                    .contains("headers_too_large");
        }
    }

    @Test
    void aRequestLineOver16KiBIs414() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(edge.get("/api/hello?" + "x".repeat(17_000)))
                    .containsPattern("^HTTP/1.[01] 414 ")
                    .contains("uri_too_long");
        }
    }

    @Test
    void aBodyThatSaysItIsTooLargeIs413AtOnce() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(edge.send("POST", "/api/hello", "x".repeat(200_001), "Content-Length: 200001"))
                    .startsWith("HTTP/1.1 413 ")
                    .contains("payload_too_large");
            assertThat(edge.engine.asked).isEmpty();
        }
    }

    @Test
    void aChunkedBodyThatGrowsTooLargeIs413AndTheInstanceIsLetGo() throws Exception {
        ScriptedInstance.Script reads = conversation -> {
            conversation.readHead();
            conversation.readAll();
        };
        try (var edge = new TestEdge(folder, reads)) {
            var body = ("10000\r\n" + "x".repeat(65_536) + "\r\n").repeat(4) + "0\r\n\r\n";

            assertThat(edge.send("POST", "/api/hello", body, "Transfer-Encoding: chunked"))
                    .startsWith("HTTP/1.1 413 ");
            assertThat(edge.engine.ended).hasSize(1);
            assertThat(edge.engine.ended.getFirst().outcome()).isEqualTo(Outcome.FAILED);
            assertThat(edge.engine.ended.getFirst().status()).isEqualTo(413);
            await().until(() -> edge.instance.open() == 0);
        }
    }

    @Test
    void aClientThatLeavesInTheMiddleOfABodyLeavesNothingBehind() throws Exception {
        ScriptedInstance.Script reads = conversation -> {
            conversation.readHead();
            conversation.readAll();
        };
        try (var edge = new TestEdge(folder, reads)) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket.getOutputStream()
                        .write("POST /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: 1000\r\n\r\nabc"
                                .getBytes(StandardCharsets.UTF_8));
                await().until(() -> edge.instance.requests().size() == 1);
            }

            await().until(() -> edge.engine.ended.size() == 1 && edge.instance.open() == 0);
            assertThat(edge.engine.ended.getFirst().outcome()).isEqualTo(Outcome.DISCONNECTED);
        }
    }

    @Test
    void aHeadThatDripsIsCutOffAndAnIdleConnectionToo() throws Exception {
        var options = TestEdge.options();
        var hasty = new GatewayOptions(options.hosts(), options.maxHeadBytes(), options.maxLineBytes(), 50, 50, 1);
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK), hasty)) {
            assertThat(edge.raw("GET /api/hello HTTP/1.1\r\nHost: hel")).isEmpty();
            assertThat(edge.raw("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n"))
                    .endsWith("\r\n\r\nok");
        }
    }

    @Test
    void aRequestThatTakesLongIsNotIdle() throws Exception {
        var options = TestEdge.options();
        var hasty = new GatewayOptions(options.hosts(), options.maxHeadBytes(), options.maxLineBytes(), 50, 50, 1);
        var sockets = new CountDownLatch(1);
        ScriptedInstance.Script slow = conversation -> {
            conversation.readHead();
            try {
                sockets.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            conversation.write(OK);
        };
        try (var edge = new TestEdge(folder, slow, hasty);
                var other = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            Thread.ofVirtual().start(() -> {
                try {
                    await().until(() -> edge.instance.requests().size() == 1);
                    edge.raw(""); // cut off as idle, so the deadlines have passed
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } finally {
                    sockets.countDown();
                }
            });

            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 200 ");
            assertThat(other.getInputStream().read()).isEqualTo(-1);
        }
    }
}
