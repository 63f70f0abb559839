package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who a client is and how much it may take, at a real gateway. */
class ClientEdgeTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final AddressRanges LOCAL = AddressRanges.LOOPBACK;

    @TempDir
    Path folder = Path.of("");

    private TestEdge edge(ClientRules rules) throws IOException {
        return new TestEdge(
                folder, ScriptedInstance.always(OK), ProxyTest.oneLoop().with(rules));
    }

    private static ClientRules rules(AddressRanges trusted, AddressRanges own, int ofOne, int perSecond, int all) {
        return new ClientRules(trusted, own, false, ofOne, perSecond, all, 100, TraceRules.PASSED_ON);
    }

    @Test
    void theFunctionIsToldOfTheClientBehindATrustedProxy() throws Exception {
        try (var edge = edge(rules(LOCAL, LOCAL, 0, 0, 1000))) {
            edge.get(
                    "/api/hello",
                    "X-Forwarded-For: 6.6.6.6, 203.0.113.7",
                    "X-Forwarded-Proto: https",
                    "X-Forwarded-Host: evil.example",
                    "X-Forwarded-Port: 6666",
                    "X-Real-IP: 6.6.6.6",
                    "X_Forwarded_For: 6.6.6.6",
                    "Forwarded: for=6.6.6.6");

            assertThat(edge.instance.requests().getFirst())
                    .contains("x-forwarded-for: 203.0.113.7, 127.0.0.1\r\n")
                    .contains("x-real-ip: 203.0.113.7\r\n")
                    .contains("x-forwarded-proto: https\r\n")
                    .contains("x-forwarded-host: hello.localhost:" + edge.port + "\r\n")
                    .contains("x-forwarded-port: " + edge.port + "\r\n")
                    .doesNotContain("6.6.6.6", "evil", "6666");
        }
    }

    @Test
    void aClientThatAsksTooOftenIs429AndOthersAreNot() throws Exception {
        try (var edge = edge(rules(LOCAL, AddressRanges.NONE, 0, 1, 1000))) {
            var first = edge.get("/api/hello", "X-Forwarded-For: 2001:db8::1");
            var again = edge.get("/api/hello", "X-Forwarded-For: [2001:db8::2]:80", "Accept: application/json");
            var other = edge.get("/api/hello", "X-Forwarded-For: 2001:db8:0:1::1");

            assertThat(List.of(first, other)).allMatch(answer -> answer.startsWith("HTTP/1.1 200 "));
            assertThat(again)
                    .startsWith("HTTP/1.1 429 Too Many Requests\r\n")
                    .contains("retry-after: 1\r\n", "\"code\":\"too_many_requests\"", "--client-requests");
            assertThat(edge.instance.requests()).hasSize(2);
        }
    }

    @Test
    void thisMachineItselfAndTheProxyAreNotLimited() throws Exception {
        try (var edge = edge(rules(AddressRanges.NONE, LOCAL, 1, 1, 1000));
                var held = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            for (int i = 0; i < 5; i++) {
                assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 200 ");
            }
            assertThat(held.isConnected()).isTrue();
        }
    }

    @Test
    void aClientWithTooManyConnectionsIsToldSoAndHasThemBackOnceItClosesSome() throws Exception {
        try (var edge = edge(rules(AddressRanges.NONE, AddressRanges.NONE, 2, 0, 1000))) {
            try (var first = silent(edge, "127.0.0.1");
                    var second = silent(edge, "127.0.0.1")) {
                assertThat(List.of(first, second)).allMatch(Socket::isConnected);
                assertThat(edge.get("/api/hello"))
                        .startsWith("HTTP/1.1 429 Too Many Requests\r\n")
                        .contains("\r\nretry-after: 1\r\n", "\ntoo_many_requests\n");
                try (var other = silent(edge, "127.0.0.2")) {
                    assertThat(answer(edge, other)).startsWith("HTTP/1.1 200 ");
                }
            }

            await().untilAsserted(() -> assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void oneConnectionMoreThanThereIsRoomForIs503() throws Exception {
        try (var edge = edge(rules(AddressRanges.NONE, LOCAL, 0, 0, 3))) {
            var held = new ArrayList<Socket>();
            for (int i = 0; i < 3; i++) {
                held.add(silent(edge, "127.0.0.1"));
            }

            assertThat(edge.get("/api/hello"))
                    .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                    .contains("\r\nretry-after: 1\r\n", "\nunavailable\n");

            for (var socket : held) {
                socket.close();
            }
            await().untilAsserted(() -> assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void refusalsWithoutEndLeaveNothingBehind() throws Exception {
        try (var edge = edge(rules(AddressRanges.NONE, LOCAL, 0, 0, 1))) {
            try (var only = silent(edge, "127.0.0.1")) {
                var refused = new ArrayList<Socket>();
                for (int i = 0; i < 600; i++) {
                    refused.add(silent(edge, "127.0.0.1"));
                }
                for (var socket : refused) {
                    readToEnd(socket);
                    socket.close();
                }
                assertThat(answer(edge, only)).startsWith("HTTP/1.1 200 ");
            }
            await().untilAsserted(() -> assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void moreThan100HeadersAre431() throws Exception {
        try (var edge = edge(ClientRules.DEFAULT)) {
            // Host and Connection are two of them.
            var most = "X-A: b\r\n".repeat(97) + "X-A: b";

            assertThat(edge.get("/api/hello", most)).startsWith("HTTP/1.1 200 ");
            assertThat(edge.get("/api/hello", most, "X-A: b"))
                    .startsWith("HTTP/1.1 431 ")
                    .contains("headers_too_large", "more than 100 headers");
        }
    }

    @Test
    void aTraceGoesOnOrBegins() throws Exception {
        var good = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        try (var edge = edge(ClientRules.DEFAULT)) {
            edge.get("/api/hello", good, "tracestate: a=1");
            edge.get("/api/hello", good, good, "tracestate: a=1");
            edge.get("/api/hello");

            assertThat(edge.instance.requests().getFirst()).contains(good + "\r\n", "tracestate: a=1\r\n");
            for (var begun : edge.instance.requests().subList(1, 3)) {
                assertThat(begun)
                        .containsPattern("\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\n")
                        .doesNotContain("4bf92f3577b34da6a3ce929d0e0e4736", "tracestate");
            }
        }
    }

    @Test
    void aRequestIdOfTheClientGoesOnAndComesBack() throws Exception {
        try (var edge = edge(ClientRules.DEFAULT)) {
            var answer = edge.get("/api/hello", "X-Request-Id: abc-1");
            var missing = edge.get("/nothing", "X-Request-Id: abc-2");

            assertThat(edge.instance.requests().getFirst()).contains("x-request-id: abc-1\r\n");
            assertThat(answer).contains("x-request-id: abc-1\r\n", "x-mayfly-request-id: 0000000000005001\r\n");
            assertThat(missing).startsWith("HTTP/1.1 404 ").contains("x-request-id: abc-2\r\n");
        }
    }

    @Test
    void withoutAGoodOneTheFunctionFindsItsInvocationThere() throws Exception {
        try (var edge = edge(ClientRules.DEFAULT)) {
            var answers = List.of(
                    edge.get("/api/hello"),
                    edge.get("/api/hello", "X-Request-Id: a b"),
                    edge.get("/api/hello", "X-Request-Id: " + "x".repeat(129)),
                    edge.get("/api/hello", "X-Request-Id: one", "X-Request-Id: two"),
                    edge.get("/api/hello", "X_Request_Id: evil"));

            assertThat(answers)
                    .allMatch(answer -> !answer.toLowerCase(Locale.ROOT).contains("\r\nx-request-id"));
            for (int i = 0; i < answers.size(); i++) {
                assertThat(edge.instance.requests().get(i))
                        .containsIgnoringCase("x-request-id: 000000000000500" + (i + 1) + "\r\n")
                        .doesNotContain("evil");
            }
        }
    }

    @Test
    void theIdThatAFunctionAnswersWithWins() throws Exception {
        var own = "HTTP/1.1 200 OK\r\nX-Request-Id: own\r\nContent-Length: 2\r\n\r\nok";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(own))) {
            assertThat(edge.get("/api/hello", "X-Request-Id: abc"))
                    .contains("X-Request-Id: own\r\n")
                    .doesNotContain("abc");
        }
    }

    @Test
    void hintsGoToWhoeverCanTellThemFromAnAnswer() throws Exception {
        var hints =
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Mayfly-Error: x\r\nContent-Length: 5\r\n\r\n";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(hints.repeat(20) + OK))) {
            var answer = edge.get("/api/hello");
            var old = edge.raw("GET /api/hello HTTP/1.0\r\nHost: hello.localhost\r\n\r\n");

            assertThat(answer)
                    .startsWith("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
                    .containsOnlyOnce("HTTP/1.1 200 OK\r\n")
                    .endsWith("\r\n\r\nok");
            assertThat(answer.split("103 Early Hints", -1)).hasSize(9);
            assertThat(old).startsWith("HTTP/1.0 200 OK\r\n").doesNotContain("103");
        }
    }

    /** A connection that says nothing. */
    private static Socket silent(TestEdge edge, String from) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(20_000);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), edge.port));
        return socket;
    }

    private static String answer(TestEdge edge, Socket socket) throws IOException {
        var request = "GET /api/hello HTTP/1.1\r\nHost: hello.localhost:" + edge.port + "\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return readToEnd(socket);
    }

    private static String readToEnd(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException reset) {
            return ""; // closed without a word
        }
    }
}
