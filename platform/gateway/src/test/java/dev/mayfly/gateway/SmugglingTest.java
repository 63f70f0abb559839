package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests that two readers could end at different places (RFC 9112, sections 2.2, 5, 6.3, 7.1 and 11.2). Each hides a request for {@code /api/items/evil} in
 * another one, and a plain request follows on the same connection. What a case is asked: whether the function ever sees what was hidden, whether what it sees is
 * one well-formed request, and whether the connection is closed where the request was refused.
 */
class SmugglingTest {
    private static final String HIDDEN = "GET /api/items/evil HTTP/1.1\r\nHost: hello.localhost\r\n\r\n";
    private static final String STILL_OPEN = "(still open)";

    private static final String START = "POST /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n";

    /** One chunk that is empty, and what would be a request for whoever stops there. */
    private static final String CHUNKS = "0\r\n\r\n" + HIDDEN;

    @TempDir
    Path folder = Path.of("");

    private static Arguments attack(String name, String bytes) {
        return Arguments.of(name, bytes);
    }

    static List<Arguments> refused() {
        var cases = new ArrayList<Arguments>();
        int length = CHUNKS.length();
        cases.add(attack(
                "CL.TE", START + "Content-Length: " + length + "\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS));
        cases.add(attack("TE.CL", START + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + CHUNKS));
        for (var encoding : List.of(
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: identity, chunked, identity",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked;x=1",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: 'chunked'",
                "Transfer-Encoding: chunked x",
                "Transfer-Encoding: \u000bchunked",
                "Transfer-Encoding: chunked\u000b",
                "Transfer-Encoding: chunk\0ed",
                "Transfer-Encoding:",
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding\t: chunked",
                "Transfer-Encoding\u000b: chunked",
                "Transfer\0-Encoding: chunked",
                " Transfer-Encoding: chunked",
                "Transfer-Encoding\r\n : chunked",
                "Transfer-Encoding: chunked\r\n\tx",
                "X: y\rTransfer-Encoding: chunked",
                "\u00ffTransfer-Encoding: chunked")) {
            cases.add(attack("TE.TE " + shown(encoding), START + encoding + "\r\n\r\n" + CHUNKS));
            cases.add(attack(
                    "TE.TE with CL " + shown(encoding),
                    START + "Content-Length: " + length + "\r\n" + encoding + "\r\n\r\n" + CHUNKS));
        }
        for (var said : List.of(
                "Content-Length: 0\r\nContent-Length: " + HIDDEN.length(),
                "Content-Length: " + HIDDEN.length() + "\r\nContent-Length: 0",
                "Content-Length: 0, " + HIDDEN.length(),
                "Content-Length: +" + HIDDEN.length(),
                "Content-Length: -1",
                "Content-Length: -0",
                "Content-Length: 0x0",
                "Content-Length: 1_0",
                "Content-Length: 0 0",
                "Content-Length: 0,",
                "Content-Length: ,0",
                "Content-Length:",
                "Content-Length: 0;",
                "Content-Length: 0.0",
                "Content-Length: 1e1",
                "Content-Length: \u000b0",
                "Content-Length: 0\0",
                "Content-Length: 99999999999999999999",
                "Content-Length: 18446744073709551616",
                "Content-Length: \u0660",
                "Content-Length : 0",
                "Content-Length\t: 0",
                " Content-Length: 0",
                "Content-Length:\r\n 0",
                "Content-Length: 0\r\n 1")) {
            cases.add(attack("CL " + shown(said), START + said + "\r\n\r\n" + HIDDEN));
        }
        for (var chunk : List.of(
                "0x0\r\n\r\n",
                "0_0\r\n\r\n",
                "+0\r\n\r\n",
                "-1\r\n\r\n",
                " 0\r\n\r\n",
                "\r\n\r\n",
                ";x\r\n\r\n",
                "g\r\n\r\n",
                "1 0\r\n\r\n",
                "10000000000000000\r\n\r\n",
                "fffffffffffffffff\r\n\r\n",
                "80000000\r\n\r\n0\r\n\r\n",
                "0\n\n",
                "0\r\r",
                "1\r\nab\r\n0\r\n\r\n",
                "1\r\na0\r\n\r\n",
                "1\na\n0\n\n",
                "1\r\na\n0\r\n\r\n",
                "0\r\nX\r\n\r\n",
                "0\r\nX : y\r\n\r\n",
                "0;x=\0\r\n\r\n",
                "0;x\n\r\n",
                "0;\nxx\r\n4c\r\n0\r\n\r\n",
                "0;" + "x".repeat(100_000) + "\r\n\r\n")) {
            cases.add(attack("chunk " + shown(chunk), START + "Transfer-Encoding: chunked\r\n\r\n" + chunk + HIDDEN));
        }
        var line = "GET /api/hello HTTP/1.1\r\n";
        var host = "Host: hello.localhost\r\n";
        for (var head : List.of(
                line + host + "X y\r\n\r\n",
                line + host + "X : y\r\n\r\n",
                line + host + ": y\r\n\r\n",
                line + host + "X: a\0b\r\n\r\n",
                line + host + "X: a\rb\r\n\r\n",
                line + host + "X\0: y\r\n\r\n",
                line + host + "X\u007f: y\r\n\r\n",
                line + host + "X(: y\r\n\r\n",
                line + " X: y\r\n" + host + "\r\n",
                line + "\tX: y\r\n" + host + "\r\n",
                line + host + host + "\r\n",
                line + "Host: other.localhost\r\n" + host + "\r\n",
                line + "Host: hello.localhost, other.localhost\r\n\r\n",
                line + "Host: hello.localhost other.localhost\r\n\r\n",
                line + "Host: hello.localhost/x\r\n\r\n",
                line + "Host: user@hello.localhost\r\n\r\n",
                line + "Host : hello.localhost\r\n\r\n",
                line + "Host:\r\n hello.localhost\r\n\r\n",
                line + "Host: hello.localhost:80:80\r\n\r\n",
                line + "Host: hello.localhost\0\r\n\r\n",
                line + "\r\n",
                "GET /api/hello\r\n\r\n",
                "GET /api/hello HTTP/0.9\r\n" + host + "\r\n",
                "GET /api/hello HTTP/1.2\r\n" + host + "\r\n",
                "GET /api/hello HTTP/2.0\r\n" + host + "\r\n",
                "GET /api/hello HTTP/11.1\r\n" + host + "\r\n",
                "GET /api/hello HTTP/1.1x\r\n" + host + "\r\n",
                "GET /api/hello http/1.1\r\n" + host + "\r\n",
                "GET /api/hello HTTP/1.1 \r\n" + host + "\r\n",
                "GET /api/hello x HTTP/1.1\r\n" + host + "\r\n",
                "GET /api/\0hello HTTP/1.1\r\n" + host + "\r\n",
                "GET /api/\rhello HTTP/1.1\r\n" + host + "\r\n",
                "GET api/hello HTTP/1.1\r\n" + host + "\r\n",
                "GET * HTTP/1.1\r\n" + host + "\r\n",
                "G(T /api/hello HTTP/1.1\r\n" + host + "\r\n",
                "GET /api/hello HTTP/1.1\nHost: hello.localhost\n\n",
                line + "Host: hello.localhost\nX: y\r\n\r\n",
                line + host + "\n",
                line + host + "X: y\n\r\n",
                line + host + "X: y\r\r\n\r\n",
                "\0" + line + host + "\r\n")) {
            cases.add(attack("head " + shown(head), head + HIDDEN));
        }
        cases.add(attack(
                "TE in HTTP/1.0",
                "POST /api/hello HTTP/1.0\r\nHost: hello.localhost\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + CHUNKS));
        return cases;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String name, String bytes) throws Exception {
        try (var seen = new Seen(folder)) {
            var answer = seen.send(bytes);

            assertThat(seen.heads()).as(name + answer).isEmpty();
            assertThat(answer).as(name).doesNotContain(" 200 ", STILL_OPEN);
        }
    }

    static List<Arguments> oneRequest() {
        var end = "0\r\n\r\n";
        var chunked = START + "Transfer-Encoding: chunked\r\n";
        return List.of(
                Arguments.of("CL", START + "Content-Length: " + HIDDEN.length() + "\r\n\r\n" + HIDDEN, HIDDEN),
                Arguments.of("TE", chunked + "\r\n" + hex(HIDDEN) + "\r\n" + HIDDEN + "\r\n" + end, HIDDEN),
                Arguments.of("TE in capitals", START + "TRANSFER-ENCODING: CHUNKED\r\n\r\n" + end, ""),
                Arguments.of("CL with space around", START + "Content-Length: \t 2 \r\n\r\nok", "ok"),
                Arguments.of("CL with zeros", START + "Content-Length: 002\r\n\r\nok", "ok"),
                Arguments.of(
                        "GET with a body",
                        "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: " + HIDDEN.length()
                                + "\r\n\r\n" + HIDDEN,
                        HIDDEN),
                Arguments.of("a chunk's extension", chunked + "\r\n2;a=\"b\"\r\nok\r\n" + end, "ok"),
                Arguments.of("zeros before a chunk's size", chunked + "\r\n0002\r\nok\r\n" + end, "ok"),
                Arguments.of(
                        "trailers",
                        chunked
                                + "Trailer: Content-Length\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 9\r\nHost: evil\r\nX-Forwarded-For: 6.6.6.6\r\nTransfer-Encoding: x\r\nAuthorization: evil\r\n\r\n",
                        "ok"),
                Arguments.of(
                        "names like those of framing",
                        START + "Content_Length: 9\r\nTransfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nok",
                        "ok"),
                Arguments.of(
                        "Connection that names framing",
                        START + "Connection: Content-Length, Host\r\nContent-Length: 2\r\n\r\nok",
                        "ok"),
                Arguments.of(
                        "absolute form",
                        "POST http://hello.localhost/api/hello HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: 2\r\n\r\nok",
                        "ok"),
                Arguments.of("a folded line", START + "X: y\r\n folded\r\nContent-Length: 2\r\n\r\nok", "ok"),
                Arguments.of("a folded coding", START + "Transfer-Encoding:\r\n chunked\r\n\r\n" + end, ""),
                Arguments.of(
                        "two spaces",
                        "POST  /api/hello  HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: 2\r\n\r\nok",
                        "ok"),
                Arguments.of(
                        "tabs for spaces",
                        "POST\t/api/hello\tHTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: 2\r\n\r\nok",
                        "ok"),
                Arguments.of("a space before", " " + START + "Content-Length: 2\r\n\r\nok", "ok"),
                Arguments.of(
                        "absolute form wins over Host",
                        "POST http://hello.localhost/api/hello HTTP/1.1\r\nHost: evil.localhost\r\nContent-Length: 2\r\n\r\nok",
                        "ok"),
                Arguments.of("empty lines before", "\r\n\r\n" + START + "Content-Length: 2\r\n\r\nok", "ok"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void oneRequest(String name, String bytes, String body) throws Exception {
        try (var seen = new Seen(folder)) {
            var answer = seen.send(
                    bytes + "GET /api/items/next HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n");

            assertThat(seen.heads()).as(name).hasSize(2);
            assertThat(seen.heads().getFirst())
                    .contains(" /api/hello HTTP/1.1\r\n")
                    .containsIgnoringCase("\r\nhost: hello.localhost\r\n")
                    .doesNotContainIgnoringCase("evil")
                    .doesNotContain("6.6.6.6");
            assertThat(seen.heads().getLast()).startsWith("GET /api/items/next?id=next HTTP/1.1\r\n");
            assertThat(seen.bodies().getFirst()).isEqualTo(body);
            assertThat(answer.split("HTTP/1.1 200 ", -1)).hasSize(3);
        }
    }

    @Test
    void whatFollowsAnErrorOfTheServerOnTheSameConnectionIsOneRequest() throws Exception {
        try (var seen = new Seen(folder)) {
            var answer =
                    seen.send("POST /nothing HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: " + HIDDEN.length()
                            + "\r\n\r\n" + HIDDEN
                            + "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n");

            assertThat(answer).startsWith("HTTP/1.1 404 ").containsOnlyOnce("HTTP/1.1 200 ");
            assertThat(seen.heads()).singleElement().asString().startsWith("GET /api/hello ");
        }
    }

    @Test
    void aBodyThatTheFunctionDoesNotReadIsNoRequest() throws Exception {
        var early = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(early))) {
            var answer = edge.raw(START + "Content-Length: " + HIDDEN.length() + "\r\n\r\n" + HIDDEN
                    + "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n");

            assertThat(answer.split("HTTP/1.1 200 ", -1)).hasSize(3);
            assertThat(edge.engine.asked)
                    .extracting(request -> request.path())
                    .doesNotContain("/api/items/evil?id=evil");
        }
    }

    private static String hex(String text) {
        return Integer.toHexString(text.length());
    }

    private static String shown(String text) {
        var shown = text.length() > 70 ? text.substring(0, 70) + "…" : text;
        return shown.replace("\r", "\\r")
                .replace("\n", "\\n")
                .replace("\t", "\\t")
                .replace("\0", "\\0")
                .replace("\u000b", "\\v");
    }

    /** A gateway before a strict function. */
    private static final class Seen implements AutoCloseable {
        private final StrictFunction function = new StrictFunction();
        private final TestEdge edge;

        Seen(Path folder) throws IOException {
            edge = new TestEdge(folder, function, ProxyTest.oneLoop());
        }

        List<String> heads() {
            return function.heads();
        }

        List<String> bodies() {
            return function.bodies();
        }

        /** Reads until the gateway closes, which it must. */
        String send(String bytes) throws IOException {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket.setSoTimeout(1_000);
                var answer = new ByteArrayOutputStream();
                try {
                    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
                    socket.getInputStream().transferTo(answer);
                } catch (SocketTimeoutException waiting) {
                    return answer.toString(StandardCharsets.ISO_8859_1) + STILL_OPEN;
                } catch (SocketException reset) {
                    // closed while bytes were on their way
                }
                return answer.toString(StandardCharsets.ISO_8859_1);
            } finally {
                await().until(() -> edge.engine.over() == edge.engine.given.size());
            }
        }

        @Override
        public void close() throws IOException {
            edge.close();
        }
    }
}
