package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that are nearly good, by the thousand, through a whole gateway: what a function sees is a request whose every part a strict reader would have
 * written, and what a client sees are answers of that kind.
 */
class EdgeNoiseTest {
    private static final long SEED = 20261127;
    private static final int CLIENTS = 16;

    /** How long somebody is waited for who waits for more. */
    private static final int PATIENCE = 300;

    private static final Pattern REQUEST_LINE =
            Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+ /[^\\x00-\\x20\\x7f]* HTTP/1\\.1");

    private static final Pattern HEADER =
            Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+:[^\\x00-\\x08\\x0a-\\x1f\\x7f]*");
    private static final Pattern HOST = Pattern.compile("host: ?[A-Za-z0-9.\\[\\]:_-]+");

    /** What the platform says itself, each once. */
    private static final List<String> OURS = List.of(
            "x-forwarded-for: 127.0.0.1",
            "x-real-ip: 127.0.0.1",
            "x-forwarded-proto: http",
            "x-forwarded-host: ",
            "x-forwarded-port: ",
            "x-mayfly-invocation: ");

    /** What one connection says about itself goes no further. */
    private static final Set<String> DROPPED = Set.of(
            "te", "keep-alive", "proxy-connection", "proxy-authorization", "proxy", "forwarded", "http2-settings");

    private static final Set<Integer> STATUSES =
            Set.of(100, 200, 206, 400, 404, 405, 413, 414, 416, 417, 431, 501, 505);

    @TempDir
    Path folder = Path.of("");

    private final StrictFunction function = new StrictFunction();

    @Test
    @Timeout(120)
    void requestsThatAreNearlyGood() throws Exception {
        requests(SEED, 150);
    }

    @Test
    @Tag("soak")
    @Timeout(1200)
    void aHundredTimesAsManyRequestsOfAFreshSeed() throws Exception {
        requests(System.nanoTime(), 15_000);
    }

    private void requests(long seed, int rounds) throws Exception {
        try (var edge = new TestEdge(folder, function)) {
            var refused = ConcurrentHashMap.<Integer>newKeySet();
            Noise.atOnce(seed, CLIENTS, rounds, noise -> {
                var answer = exchange(edge.port, noise.like(requests()) + after());
                for (int status : statuses(answer)) {
                    refused.add(status);
                }
            });
            assertThat(refused).as("seed %d: what clients were told", seed).contains(200, 400, 404);
            settled(seed, edge);
        }
    }

    private static List<String> requests() {
        var host = "Host: hello.localhost\r\n";
        return List.of(
                "GET /api/hello HTTP/1.1\r\n" + host + "\r\n",
                "GET /api/items/5?x=%20y HTTP/1.1\r\n" + host
                        + "Cookie: a=1\r\nX-Forwarded-For: 6.6.6.6\r\nTE: trailers\r\n\r\n",
                "POST /api/hello HTTP/1.1\r\n" + host + "Content-Length: 4\r\n\r\nbody",
                "POST /api/hello HTTP/1.1\r\n" + host
                        + "Transfer-Encoding: chunked\r\n\r\n4;x=y\r\nbody\r\n0\r\nX-Last: z\r\n\r\n",
                "POST http://hello.localhost:80/api/hello?q HTTP/1.1\r\n" + host
                        + "Connection: X-Drop, keep-alive\r\nX-Drop: 1\r\n\r\n",
                "PUT /api/hello HTTP/1.1\r\n" + host
                        + "Expect: 100-continue\r\nContent-Length: 2\r\nAccept: text/html\r\n\r\nok",
                "GET /page.html HTTP/1.1\r\n" + host + "Range: bytes=2-5\r\nIf-Range: \"x\"\r\n\r\n",
                "GET /api/hello HTTP/1.0\r\n" + host
                        + "Connection: keep-alive\r\nProxy: x\r\nForwarded: for=6.6.6.6\r\n\r\n",
                "GET /api/hello HTTP/1.1\r\n" + host + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                "GET /api/hello HTTP/1.1\r\n" + host
                        + "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nX-Request-Id: abc\r\nx_real_ip: 6.6.6.6\r\n\r\n");
    }

    private static String after() {
        return "GET /api/items/last HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n";
    }

    /** What comes until the connection ends, or for as long as whoever waits for more is waited for. */
    private static String exchange(int port, String bytes) throws IOException {
        var answer = new ByteArrayOutputStream();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            socket.getInputStream().transferTo(answer);
        } catch (SocketTimeoutException | SocketException over) {
            // it waits for more, or closed while bytes were on their way
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    /** Those of the answers, each of which has to be a whole one but the last, of which less may have come. */
    private static List<Integer> statuses(String answers) {
        var statuses = new ArrayList<Integer>();
        int at = 0;
        while (at < answers.length()) {
            int end = answers.indexOf("\r\n\r\n", at);
            if (end < 0) {
                assertThat(answers.length() - at)
                        .as("bytes of a head that has no end")
                        .isLessThan(1000);
                break;
            }
            var head = answers.substring(at, end).split("\r\n", -1);
            assertThat(head[0])
                    .matches("HTTP/1\\.[01] \\d{3} .*|\\S+ (400|501) .*"); // Vert.x says an unknown version back
            assertThat(List.of(head).subList(1, head.length))
                    .allMatch(line -> HEADER.matcher(line).matches());
            int status = Integer.parseInt(head[0].split(" ", -1)[1]);
            assertThat(STATUSES).as(head[0]).contains(status);
            statuses.add(status);
            at = end + 4 + (status < 200 ? 0 : length(head));
        }
        return statuses;
    }

    private static int length(String[] head) {
        return List.of(head).stream()
                .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
                .map(line -> Integer.valueOf(line.substring(15).strip()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no length: " + List.of(head)));
    }

    @Test
    @Timeout(120)
    void headsOfHttp2ThatAreNearlyGood() throws Exception {
        try (var edge = new TestEdge(folder, function)) {
            Noise.atOnce(SEED, CLIENTS, 40, noise -> {
                var pairs = new ArrayList<>(List.of(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":path",
                        "/api/items/5?x=y",
                        ":authority",
                        "hello.localhost:" + edge.port));
                for (int i = noise.below(4); i > 0; i--) {
                    pairs.addAll(noise.one(List.of(
                            List.of("cookie", "a=1"),
                            List.of("te", "trailers"),
                            List.of("x-forwarded-for", "6.6.6.6"),
                            List.of("content-length", "0"),
                            List.of("host", "hello.localhost:" + edge.port),
                            List.of("x-a", "b"))));
                }
                int changed = noise.below(pairs.size());
                pairs.set(changed, noise.like(pairs.get(changed)));
                try (var client = new Http2Frames(edge.port)) {
                    client.headers(1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, pairs.toArray(String[]::new));
                    client.await(Set.of(Http2Frames.HEADERS, Http2Frames.RST_STREAM, Http2Frames.GOAWAY));
                } catch (EOFException | SocketException end) {
                    // so it is told, too
                }
            });
            settled(SEED, edge);
        }
    }

    /** After all that: what functions saw, and that the edge is as it was. */
    private void settled(long seed, TestEdge edge) throws IOException {
        await().until(() -> edge.engine.over() == edge.engine.given.size());
        assertThat(edge.get("/api/hello")).as("seed %d: afterwards", seed).endsWith("\r\n\r\nok");
        assertThat(function.heads()).as("seed %d: what got through", seed).hasSizeGreaterThan(CLIENTS);
        for (var head : function.heads()) {
            isStrict(seed, head);
        }
        assertThat(function.bodies()).as("seed %d: bodies", seed).noneMatch(body -> body.startsWith("framed twice"));
    }

    private static void isStrict(long seed, String head) {
        var of = "seed " + seed + ": " + Noise.escaped(head);
        var lines = List.of(head.substring(0, head.length() - 4).split("\r\n", -1));
        assertThat(lines.getFirst()).as(of).matches(REQUEST_LINE);
        var headers = lines.subList(1, lines.size());
        assertThat(headers).as(of).allMatch(line -> HEADER.matcher(line).matches());
        var names = headers.stream()
                .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
                .toList();
        assertThat(names).as(of).containsOnlyOnce("host").doesNotContainAnyElementsOf(DROPPED);
        assertThat(headers)
                .as(of)
                .filteredOn(line -> line.toLowerCase(Locale.ROOT).startsWith("host:"))
                .allMatch(line -> HOST.matcher(line.toLowerCase(Locale.ROOT)).matches());
        for (var ours : OURS) {
            var name = ours.substring(0, ours.indexOf(':'));
            assertThat(headers)
                    .as(of)
                    .filteredOn(line ->
                            line.toLowerCase(Locale.ROOT).replace('_', '-').startsWith(name + ":"))
                    .singleElement()
                    .asString()
                    .startsWith(ours);
        }
        assertThat(names.stream().filter(name -> name.equals("content-length") || name.equals("transfer-encoding")))
                .as(of)
                .hasSizeLessThanOrEqualTo(1);
    }

    private static final String SWITCHED =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

    /** Frames that break every rule of RFC 6455, cut anywhere: that is for the two ends to judge, and they get what was said. */
    @Test
    @Timeout(120)
    void aTunnelPassesOnWhateverIsSaidInWhateverPieces() throws Exception {
        ScriptedInstance.Script echo = conversation -> {
            conversation.readHead();
            conversation.write(SWITCHED);
            for (int next = conversation.read(); next >= 0; next = conversation.read()) {
                conversation.write(Character.toString(next));
            }
        };
        try (var edge = new TestEdge(folder, echo)) {
            Noise.atOnce(SEED, CLIENTS, 6, noise -> {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                    socket.setSoTimeout(20_000);
                    var head =
                            "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
                    var said = new ByteArrayOutputStream();
                    var out = socket.getOutputStream();
                    out.write(head.getBytes(StandardCharsets.US_ASCII));
                    assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                            .isEqualTo("HTTP/1.1 101");
                    while (socket.getInputStream().read() != '\n'
                            || socket.getInputStream().read() != '\r') {}
                    socket.getInputStream().skipNBytes(1);
                    for (int i = 0; i < 20; i++) {
                        var piece = noise.like(
                                        "\u0081\u0085\0\0\0\0hello",
                                        "\u0001\u0081\0\0\0\0a\u0080\u0081\0\0\0\0b",
                                        "\u0088\u0082\0\0\0\0\u0003\u00e8",
                                        "\u0082\u00fe\u0001\0\0\0\0\0",
                                        "\u0089\u0080\0\0\0\0",
                                        "GET / HTTP/1.1\r\n\r\n")
                                .getBytes(StandardCharsets.ISO_8859_1);
                        said.writeBytes(piece);
                        out.write(piece);
                        if (noise.once(3)) {
                            Thread.sleep(1); // so that it is a packet of its own
                        }
                    }
                    assertThat(socket.getInputStream().readNBytes(said.size())).isEqualTo(said.toByteArray());
                }
            });
        }
    }
}
