package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.gateway.observe.Ending;
import dev.mayfly.gateway.observe.Kind;
import dev.mayfly.gateway.observe.Protocol;
import dev.mayfly.gateway.observe.Served;
import dev.mayfly.gateway.observe.Trace;
import dev.mayfly.model.ErrorCode;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever way a request ends, observers are told of it once. */
@Timeout(60)
class ObservedTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    /** The only one; a second request, which is seen after it, shows that there was no other. */
    private static Served only(TestEdge edge) throws Exception {
        await().until(() -> !edge.seen.isEmpty());
        edge.get("/last");
        await().until(() -> edge.seen.stream().anyMatch(served -> "/last".equals(served.path())));
        assertThat(edge.seen).hasSize(2);
        return edge.seen.getFirst();
    }

    @Test
    void anAnswerOfAFunction() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.get(
                    "/api/hello?token=secret",
                    "User-Agent: curl/8",
                    "Referer: https://a.example/page?key=secret",
                    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

            var served = only(edge);
            assertThat(served.kind()).isEqualTo(Kind.FUNCTION);
            assertThat(served.method()).isEqualTo("GET");
            assertThat(served.host()).isEqualTo("hello.localhost:" + edge.port);
            assertThat(served.path()).isEqualTo("/api/hello");
            assertThat(served.protocol()).isEqualTo(Protocol.HTTP_1_1);
            assertThat(served.status()).isEqualTo(200);
            assertThat(served.bytesOut()).isEqualTo(2);
            assertThat(served.nanos()).isPositive();
            assertThat(served.project()).isEqualTo(TestEdge.HELLO);
            assertThat(served.deployment()).isEqualTo(TestEdge.FIRST);
            assertThat(served.function()).hasToString("api/hello");
            assertThat(served.client()).isEqualTo("127.0.0.1");
            assertThat(served.agent()).isEqualTo("curl/8");
            assertThat(served.referer()).isEqualTo("https://a.example/page");
            assertThat(served.trace())
                    .isEqualTo(new Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "", true));
            assertThat(served.id()).isEqualTo(edge.engine.given.getFirst().id().toString());
            assertThat(served.error()).isNull();
            assertThat(served.ending()).isEqualTo(Ending.COMPLETE);
        }
    }

    @Test
    void aBodyThatIsSent() throws Exception {
        try (var edge = new TestEdge(folder, conversation -> {
            conversation.readHead();
            conversation.readBody(5);
            conversation.write(OK);
        })) {
            edge.send("POST", "/api/hello", "12345", "Content-Length: 5");

            assertThat(only(edge).bytesIn()).isEqualTo(5);
        }
    }

    @Test
    void aFileAndOneThatTheClientHas() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.get("/page.html");
            edge.get("/page.html", "If-None-Match: *");

            await().until(() -> edge.seen.size() == 2);
            assertThat(edge.seen).extracting(Served::kind).containsOnly(Kind.FILE);
            assertThat(edge.seen).extracting(Served::status).containsExactly(200, 304);
            assertThat(edge.seen).extracting(Served::bytesOut).containsExactly(10L, 0L);
            assertThat(edge.seen).extracting(Served::function).containsOnlyNulls();
        }
    }

    @Test
    void aPathThatLeadsNowhere() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var answer = edge.get("/nothing");

            var served = only(edge);
            assertThat(served.kind()).isEqualTo(Kind.EDGE);
            assertThat(served.error()).isEqualTo(ErrorCode.NOT_FOUND);
            assertThat(answer).contains("x-mayfly-request-id: " + served.id());
            assertThat(edge.counts.errors(ErrorCode.NOT_FOUND)).isEqualTo(2); // with the last one
        }
    }

    @Test
    void whatIsNoRequest() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.raw("\u0001\u0002\u0003 nonsense\r\n\r\n");

            var served = only(edge);
            assertThat(served.status()).isEqualTo(400);
            assertThat(served.error()).isEqualTo(ErrorCode.BAD_REQUEST);
            assertThat(served.method()).isNull();
            assertThat(served.path()).isNull();
            await().until(() -> edge.counts.closedConnections(ConnectionEnd.PROTOCOL_ERROR) == 1);
        }
    }

    @Test
    void aHeadThatIsTooLarge() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.get("/api/hello", "a: " + "x".repeat(70_000));

            assertThat(only(edge).error()).isEqualTo(ErrorCode.HEADERS_TOO_LARGE);
            assertThat(edge.counts.errors(ErrorCode.HEADERS_TOO_LARGE)).isEqualTo(1);
            await().until(() -> edge.counts.closedConnections(ConnectionEnd.TOO_LARGE) == 1);
        }
    }

    @Test
    void aBodyThatIsTooLarge() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.send("POST", "/api/hello", "x".repeat(200_001), "Content-Length: 200001");

            var served = only(edge);
            assertThat(served.status()).isEqualTo(413);
            assertThat(served.error()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE);
        }
    }

    @Test
    void aClientThatLeavesWhileItWaits() throws Exception {
        var leave = new CountDownLatch(1);
        try (var edge = new TestEdge(folder, conversation -> {
            conversation.readHead();
            leave.countDown();
            conversation.readAll();
        })) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket.getOutputStream()
                        .write(("GET /api/hello HTTP/1.1\r\nHost: hello.localhost:" + edge.port + "\r\n\r\n")
                                .getBytes(StandardCharsets.ISO_8859_1));
                leave.await();
            }

            var served = only(edge);
            assertThat(served.status()).isZero();
            assertThat(served.ending()).isEqualTo(Ending.CLIENT_GONE);
            assertThat(served.id()).isEqualTo(edge.engine.given.getFirst().id().toString());
        }
    }

    @Test
    void anInstanceThatBreaksOffInTheMiddle() throws Exception {
        try (var edge = new TestEdge(folder, conversation -> {
            conversation.readHead();
            conversation.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        })) {
            edge.get("/api/hello");

            var served = only(edge);
            assertThat(served.status()).isEqualTo(200);
            assertThat(served.error()).isEqualTo(ErrorCode.FUNCTION_BAD_RESPONSE);
            assertThat(served.ending()).isEqualTo(Ending.CUT_OFF);
        }
    }

    @Test
    void aStreamOfHttp2AndOneThatIsReset() throws Exception {
        var heads = new AtomicInteger();
        try (var edge = new TestEdge(folder, conversation -> {
                    while (conversation.readHead()) {
                        if (heads.incrementAndGet() == 1) {
                            conversation.write(OK);
                        }
                    }
                });
                var client = new Http2Frames(edge.port)) {
            var authority = "hello.localhost:" + edge.port;
            int both = Http2Frames.END_HEADERS | Http2Frames.END_STREAM;
            client.headers(
                    1, both, ":method", "GET", ":scheme", "http", ":path", "/api/hello", ":authority", authority);
            client.await(Http2Frames.DATA);
            client.headers(
                    3, both, ":method", "GET", ":scheme", "http", ":path", "/api/items/slow", ":authority", authority);
            await().until(() -> edge.instance.requests().size() == 2);
            client.send(
                    Http2Frames.RST_STREAM,
                    0,
                    3,
                    ByteBuffer.allocate(4).putInt(8).array());

            await().until(() -> edge.seen.size() == 2);
            assertThat(edge.seen).extracting(Served::protocol).containsOnly(Protocol.HTTP_2);
            assertThat(edge.seen).extracting(Served::host).containsOnly(authority);
            assertThat(edge.seen).extracting(Served::ending).containsExactly(Ending.COMPLETE, Ending.CLIENT_GONE);
        }
    }

    @Test
    void aConnectionOfHttp2ThatEndsWithRequestsUnderWay() throws Exception {
        try (var edge = new TestEdge(folder, conversation -> {
            conversation.readHead();
            conversation.readAll();
        })) {
            try (var client = new Http2Frames(edge.port)) {
                for (int stream : List.of(1, 3, 5)) {
                    client.headers(
                            stream,
                            Http2Frames.END_HEADERS | Http2Frames.END_STREAM,
                            ":method",
                            "GET",
                            ":scheme",
                            "http",
                            ":path",
                            "/api/hello",
                            ":authority",
                            "hello.localhost:" + edge.port);
                }
                await().until(() -> edge.engine.asked.size() == 3);
            }

            await().until(() -> edge.seen.size() >= 3);
            edge.get("/last");
            await().until(() -> edge.seen.stream().anyMatch(served -> "/last".equals(served.path())));
            assertThat(edge.seen).hasSize(4);
        }
    }

    @Test
    void aWebSocketIsToldOfAtItsEndWithAllThatWasSaid() throws Exception {
        try (var edge = new TestEdge(folder, conversation -> {
            conversation.readHead();
            conversation.write(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi!");
            conversation.read();
        })) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket.getOutputStream()
                        .write(("GET /api/hello HTTP/1.1\r\nHost: hello.localhost:" + edge.port
                                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
                                .getBytes(StandardCharsets.ISO_8859_1));
                var heard = new StringBuilder();
                while (heard.indexOf("hi!") < 0) {
                    heard.append((char) socket.getInputStream().read());
                }
                assertThat(edge.seen).isEmpty();
                socket.getOutputStream().write('x');
                socket.getInputStream().readAllBytes();
            }

            var served = only(edge);
            assertThat(served.protocol()).isEqualTo(Protocol.WEBSOCKET);
            assertThat(served.status()).isEqualTo(101);
            assertThat(served.bytesIn()).isEqualTo(1);
            assertThat(served.bytesOut()).isEqualTo(3);
        }
    }

    @Test
    void theManagementApiIsMarked() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.raw("GET /x HTTP/1.1\r\nHost: localhost:" + edge.port + "\r\nConnection: close\r\n\r\n");

            assertThat(only(edge).kind()).isEqualTo(Kind.MANAGEMENT);
        }
    }

    @Test
    void aThousandPathsHostsAndMethodsMakeNoNewNumbers() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.get("/api/hello");
            var requests = new StringBuilder();
            for (int i = 0; i < 1000; i++) {
                requests.append("M" + i + " /p" + i + " HTTP/1.1\r\nHost: "
                        + (i % 2 == 0 ? "hello" : "h" + i) + ".localhost:" + edge.port + "\r\n"
                        + (i == 999 ? "Connection: close\r\n" : "") + "\r\n");
            }
            edge.raw(requests.toString());

            await().until(() -> edge.seen.size() == 1001);
            assertThat(edge.counts.used()).hasSize(2);
            assertThat(edge.counts.used().getFirst().requests(Protocol.HTTP_1_1, 4))
                    .isEqualTo(1000);
        }
    }

    @Test
    void aFloodOfHttp2IsNamed() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var client = new Http2Frames(edge.port)) {
            client.untilClosed(() -> {
                client.headers(
                        1,
                        Http2Frames.END_STREAM,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":path",
                        "/",
                        ":authority",
                        "a");
                for (int i = 0; i < 30; i++) {
                    client.send(Http2Frames.CONTINUATION, 0, 1, new byte[0]);
                }
            });
            client.awaitEnd();

            await().until(() -> edge.counts.closedConnections(ConnectionEnd.FLOOD) == 1);
        }
    }

    @Test
    void everyConnectionIsCountedTwice() throws Exception {
        var options = TestEdge.options();
        var quick = new GatewayOptions(options.hosts(), options.maxHeadBytes(), options.maxLineBytes(), 200, 200, 2);
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK), quick)) {
            TestEdge.raw(edge.port, "GET / HT");
            TestEdge.raw(edge.port, "GET / HTTP/1.1\r\nHost: hello.localhost\r\n\r\n");
            edge.get("/api/hello");

            await().until(() -> edge.counts.closedConnections(ConnectionEnd.ORDINARY) == 1);
            assertThat(edge.counts.acceptedConnections()).isEqualTo(3);
            assertThat(edge.counts.closedConnections(ConnectionEnd.HEAD_TIMEOUT))
                    .isEqualTo(1);
            assertThat(edge.counts.closedConnections(ConnectionEnd.IDLE)).isEqualTo(1);
        }
    }
}
