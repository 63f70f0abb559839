package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.engine.Admission;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What crosses the proxy when both sides behave. */
class ProxyTest {
    private static final String OK =
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok";

    @TempDir
    Path folder;

    @Test
    void anAnswerComesBackWithItsStatusItsHeadersAndARequestId() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var answer = edge.get("/api/hello?x=%20y");

            assertThat(answer)
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("Set-Cookie: a=1\r\n", "Set-Cookie: b=2\r\n", "x-mayfly-request-id: 0000000000005001\r\n")
                    .endsWith("\r\n\r\nok");
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 0, 2));
            assertThat(edge.instance.requests().getFirst())
                    .startsWith("GET /api/hello?x=%20y HTTP/1.1\r\n")
                    .containsIgnoringCase("host: hello.localhost:" + edge.port + "\r\n")
                    .contains("x-mayfly-invocation: 0000000000005001\r\n");
        }
    }

    @Test
    void aConnectionMadeWhileTheInstanceLoadedCarriesTheRequest() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.engine.early = List.of(edge.instance.path().toString());

            assertThat(edge.get("/api/hello")).endsWith("\r\n\r\nok");

            assertThat(edge.instance.connections()).isEqualTo(1);
        }
    }

    @Test
    void aConnectionToAnInstanceThatWasNotGivenIsClosedWithoutAWord() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var other = new ScriptedInstance(folder.resolve("other.sock"), ScriptedInstance.always(OK))) {
            edge.engine.early = List.of(other.path().toString());

            assertThat(edge.get("/api/hello")).endsWith("\r\n\r\nok");

            await().until(() -> other.open() == 0);
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void aConnectionThatTheInstanceClosedWhileItLoadedIsMadeAnew() throws Exception {
        var first = new AtomicBoolean(true);
        ScriptedInstance.Script script = conversation -> {
            if (!first.getAndSet(false)) {
                ScriptedInstance.always(OK).run(conversation);
            }
        };
        try (var edge = new TestEdge(folder, script)) {
            edge.engine.early = List.of(edge.instance.path().toString());
            edge.engine.grantOnce(
                    () -> edge.instance.connections() == 1 && edge.instance.open() == 0,
                    edge.instance.path().toString());

            assertThat(edge.get("/api/hello")).endsWith("\r\n\r\nok");

            assertThat(edge.instance.connections()).isEqualTo(2);
        }
    }

    @Test
    void anInstanceThatCouldNotBeConnectedToWhileItLoadedIsConnectedToOnceItIsGiven() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.engine.early = List.of(folder.resolve("missing.sock").toString());

            assertThat(edge.get("/api/hello")).endsWith("\r\n\r\nok");
        }
    }

    @Test
    void whatAClientSaysInThePlatformsPlaceIsDropped() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.get(
                    "/api/hello",
                    "X-Forwarded-For: 6.6.6.6",
                    "x_real_ip: 6.6.6.6",
                    "X-Real-IP: 6.6.6.6",
                    "Forwarded: for=6.6.6.6",
                    "Proxy: http://6.6.6.6",
                    "X-Mayfly-Invocation: 1",
                    "Connection: x-secret",
                    "X-Secret: 6.6.6.6",
                    "TE: trailers",
                    "X-Kept: yes");

            var head = edge.instance.requests().getFirst();
            assertThat(head)
                    .doesNotContain("6.6.6.6")
                    .doesNotContainIgnoringCase("te: trailers")
                    .contains("x-forwarded-for: 127.0.0.1\r\n")
                    .contains("x-real-ip: 127.0.0.1\r\n")
                    .contains("x-forwarded-proto: http\r\n")
                    .contains("x-forwarded-port: " + edge.port + "\r\n")
                    .contains("x-forwarded-host: hello.localhost:" + edge.port + "\r\n")
                    .contains("X-Kept: yes\r\n");
            assertThat(head.split("(?i)x-mayfly-invocation:", -1)).hasSize(2);
        }
    }

    @Test
    void routeParametersWinOverTheClientsOwn() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.get("/api/items/a%2Fb?id=evil&%69d=evil&x=%E6%97%A5");

            assertThat(edge.instance.requests().getFirst())
                    .startsWith("GET /api/items/a%2Fb?x=%E6%97%A5&id=a%2Fb HTTP/1.1\r\n");
        }
    }

    @Test
    void aBodyIsPassedOnWhetherCountedOrChunked() throws Exception {
        ScriptedInstance.Script echo = conversation -> {
            while (conversation.readHead()) {
                int first = conversation.read();
                var body = (char) first + conversation.readBody(first == 'b' ? 20 : 10);
                conversation.write("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            }
        };
        try (var edge = new TestEdge(folder, echo)) {
            var counted = edge.send("POST", "/api/hello", "hello world", "Content-Length: 11");
            var chunked =
                    edge.send("POST", "/api/hello", "b\r\nhello world\r\n0\r\n\r\n", "Transfer-Encoding: chunked");

            assertThat(counted).endsWith("\r\n\r\nhello world");
            assertThat(chunked).endsWith("\r\n\r\nb\r\nhello world\r\n0\r\n\r\n");
            assertThat(edge.engine.ended.getLast().bytesIn()).isEqualTo(11);
        }
    }

    @Test
    void aStreamArrivesWhileItIsMade() throws Exception {
        ScriptedInstance.Script slow = conversation -> {
            conversation.readHead();
            conversation.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            conversation.readHead(); // holds the rest back until the test has seen the first part
        };
        try (var edge = new TestEdge(folder, slow);
                var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));

            assertThat(readUntil(socket, "first")).contains("first");
            assertThat(edge.engine.ended).isEmpty();
        }
    }

    @Test
    void aStreamOpensBeforeItsFirstWord() throws Exception {
        ScriptedInstance.Script silent = conversation -> {
            conversation.readHead();
            conversation.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            conversation.readHead(); // says nothing until the test has seen the head
        };
        try (var edge = new TestEdge(folder, silent);
                var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));

            assertThat(readUntil(socket, "\r\n\r\n")).contains("200 OK", "text/event-stream");
        }
    }

    @Test
    void headAnd204And304HaveNoBody() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always("HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"))) {
            assertThat(edge.get("/api/hello"))
                    .startsWith("HTTP/1.1 204")
                    .endsWith("\r\n\r\n")
                    .contains("X-A: b");
            assertThat(edge.get("/api/hello")).doesNotContainIgnoringCase("transfer-encoding");
        }
        try (var edge = new TestEdge(
                folder.resolve("x").toFile().mkdir() ? folder.resolve("x") : folder,
                ScriptedInstance.always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"))) {
            assertThat(edge.send("HEAD", "/api/hello", ""))
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("content-length: 5")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void aClientOfHttp10GetsAnAnswerEndedByTheConnection() throws Exception {
        var chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(chunked))) {
            var answer = edge.raw("GET /api/hello HTTP/1.0\r\nHost: hello.localhost\r\n\r\n");

            assertThat(answer).doesNotContainIgnoringCase("chunked").endsWith("\r\n\r\nok");
        }
    }

    @Test
    void connectionsAreKeptOnlyWhereTheInstanceAllowsIt() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK), oneLoop())) {
            edge.get("/api/hello");
            edge.get("/api/hello");
            assertThat(edge.instance.connections()).isEqualTo(1);

            edge.engine.keepAlive = false;
            edge.get("/api/hello");
            edge.get("/api/hello");
            assertThat(edge.instance.connections()).isEqualTo(3);
        }
    }

    @Test
    void whoeverExpectsToContinueIsToldSo() throws Exception {
        ScriptedInstance.Script echo = conversation -> {
            conversation.readHead();
            conversation.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + conversation.readBody(2));
        };
        try (var edge = new TestEdge(folder, echo);
                var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            socket.setSoTimeout(20_000);
            var out = socket.getOutputStream();
            var head = List.of(
                    "POST /api/hello HTTP/1.1", "Host: hello.localhost", "Expect: 100-continue", "Content-Length: 2");
            out.write((String.join("\r\n", head) + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
            assertThat(readUntil(socket, "\r\n\r\n")).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            out.write("ok".getBytes(StandardCharsets.UTF_8));

            assertThat(readUntil(socket, "ok")).contains("200 OK").endsWith("ok");
            assertThat(edge.instance.requests().getFirst()).doesNotContainIgnoringCase("expect");
        }
    }

    @Test
    void interimAnswersAreNotTakenForTheAnswer() throws Exception {
        var hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
        try (var edge = new TestEdge(folder, ScriptedInstance.always("HTTP/1.1 100 Continue\r\n\r\n" + hints + OK))) {
            assertThat(edge.get("/api/hello"))
                    .startsWith("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK")
                    .endsWith("ok");
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 0, 2));
        }
    }

    @Test
    void aRefusalIsToldWithRetryAfter() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var throttled =
                    new Problem(ErrorCode.FUNCTION_THROTTLED, "the queue of api/hello is full", "raise maxInstances");
            edge.engine.answer = self -> new Admission.Refused(new InvocationId(77), throttled, 3);

            assertThat(edge.get("/api/hello", "Accept: application/json"))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("retry-after: 3\r\n")
                    .contains("x-mayfly-request-id: 000000000000004d\r\n")
                    .endsWith(
                            "{\"error\":{\"code\":\"function_throttled\",\"message\":\"the queue of api/hello is full\","
                                    + "\"fix\":\"raise maxInstances\",\"requestId\":\"000000000000004d\"}}\n");
        }
    }

    @Test
    void aClientThatLeavesEndsItsRequestAtTheInstance() throws Exception {
        ScriptedInstance.Script never = conversation -> {
            conversation.readHead();
            conversation.readAll();
        };
        try (var edge = new TestEdge(folder, never)) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket.getOutputStream()
                        .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n"
                                .getBytes(StandardCharsets.UTF_8));
                await().until(() -> edge.instance.requests().size() == 1);
            }

            await().until(() -> edge.engine.ended.size() == 1 && edge.instance.open() == 0);
            assertThat(edge.engine.ended.getFirst())
                    .isEqualTo(new RecordingEngine.Ended(Outcome.DISCONNECTED, 0, 0, 0));
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsForASlotGivesUpItsPlace() throws Exception {
        try (var edge =
                new TestEdge(folder, ScriptedInstance.always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))) {
            edge.engine.grantOnce(() -> edge.engine.givenUp.get() == 1, "nobody");
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket.getOutputStream()
                        .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n"
                                .getBytes(StandardCharsets.UTF_8));
                await().until(() -> edge.engine.asked.size() == 1);
            }

            await().until(() -> edge.engine.givenUp.get() == 2); // and the slot that was on its way
            assertThat(edge.engine.ended).isEmpty();
        }
    }

    static GatewayOptions oneLoop() {
        var options = TestEdge.options();
        return new GatewayOptions(options.hosts(), options.maxHeadBytes(), options.maxLineBytes(), 15_000, 75_000, 1);
    }

    static String readUntil(Socket socket, String end) throws IOException {
        var seen = new StringBuilder();
        while (seen.indexOf(end) < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                break;
            }
            seen.append((char) next);
        }
        return seen.toString();
    }
}
