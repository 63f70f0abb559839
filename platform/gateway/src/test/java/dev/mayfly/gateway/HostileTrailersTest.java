package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Protocol;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Trailers that are none, or too many: no function is given the end of such a request, and the next one is answered. */
@Timeout(60)
class HostileTrailersTest {
    private static final String CHUNKED =
            "POST / HTTP/1.1\r\nHost: hello.localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n";
    private static final int LAST = Http2Frames.END_HEADERS | Http2Frames.END_STREAM;

    @TempDir
    Path folder;

    private @Nullable TestEdge opened;

    @AfterEach
    void close() throws Exception {
        if (opened != null) {
            opened.close();
        }
    }

    private TestEdge edge(TrailedFunction function, Protocol protocol) throws Exception {
        var edge = new TestEdge(folder, function::run, TestEdge.options(), GrpcCase.program(protocol));
        edge.engine.keepAlive = protocol == Protocol.HTTP1;
        opened = edge;
        return edge;
    }

    static Stream<Arguments> lines() {
        var bad = List.of(
                List.of("a name with a space", "x y: z\r\n", "400"),
                List.of("a space before the colon", "x : y\r\n", "400"),
                List.of("no name", ": x\r\n", "400"),
                List.of("a name in brackets", "(x): y\r\n", "400"),
                List.of("a line that is no field", "GET /evil HTTP/1.1\r\n", "400"),
                List.of("no colon", "evil\r\n", "400"),
                List.of("a name with NUL", "x\0y: z\r\n", "400"),
                List.of("a value with NUL", "x: y\0z\r\n", "400"),
                List.of("a value with a bare CR", "x: y\revil: z\r\n", "400"),
                List.of("a value with DEL", "x: y\u007f\r\n", "400"),
                List.of("a value with an escape", "x: y\u001b[31m\r\n", "400"),
                List.of("larger than a head", "x: " + "y".repeat(70_000) + "\r\n", "431"),
                List.of("a name larger than a head", "x".repeat(70_000) + ": y\r\n", "431"),
                List.of("thousands", "x: y\r\n".repeat(5000), "431"),
                List.of("a hundred and one", "x: y\r\n".repeat(101), "431"),
                List.of("hundreds that do not cross", "host: evil\r\n".repeat(500), "431"));
        return bad.stream()
                .flatMap(each -> Stream.of(Protocol.values())
                        .map(protocol -> Arguments.of(each.get(0), each.get(1), each.get(2), protocol)));
    }

    @ParameterizedTest(name = "{0}, {3}")
    @MethodSource("lines")
    void linesThatAreNoTrailers(String what, String lines, String status, Protocol protocol) throws Exception {
        var function = new TrailedFunction(protocol);
        var edge = edge(function, protocol);

        var answer = edge.raw(CHUNKED.replace("Transfer", "Connection: close\r\nTransfer") + lines + "\r\n");

        assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
        assertThat(answer.split("HTTP/1.1 ", -1)).hasSize(2);
        assertThat(function.seen).isEmpty();
        assertThat(edge.get("/")).startsWith("HTTP/1.1 200 ");
        await().until(() -> edge.engine.over() == edge.engine.given.size());
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void whatFollowsIsNoRequest(Protocol protocol) throws Exception {
        var function = new TrailedFunction(protocol);
        var edge = edge(function, protocol);

        for (var lines : List.of("x y: z\r\n", "x: " + "y".repeat(70_000) + "\r\n")) {
            var answer = edge.raw(CHUNKED + lines + "\r\nGET /evil HTTP/1.1\r\nHost: hello.localhost\r\n\r\n");
            assertThat(answer.split("HTTP/1.1 ", -1)).hasSize(2);
        }

        assertThat(function.seen).isEmpty();
        await().until(() -> edge.counts.errors(ErrorCode.BAD_REQUEST) == 1);
        await().until(() -> edge.counts.errors(ErrorCode.HEADERS_TOO_LARGE) == 1);
        await().until(() -> edge.counts.closedConnections(ConnectionEnd.PROTOCOL_ERROR) == 1);
        await().until(() -> edge.counts.closedConnections(ConnectionEnd.TOO_LARGE) == 1);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void linesThatEndWithHalfALineEndAreRefusedOrOneField(Protocol protocol) throws Exception {
        var function = new TrailedFunction(protocol);
        var edge = edge(function, protocol);

        for (var lines : List.of("x: y\nevil: z\r\n", "x: y\n\n", "x: y\n\r\n", "\n")) {
            edge.raw(CHUNKED.replace("Transfer", "Connection: close\r\nTransfer") + lines + "\r\n");
        }

        assertThat(function.seen).allSatisfy(seen -> assertThat(seen.trailers()).isEmpty());
        assertThat(edge.get("/")).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aFoldedLineIsOne(Protocol protocol) throws Exception {
        var function = new TrailedFunction(protocol);
        var edge = edge(function, protocol);

        edge.raw(CHUNKED.replace("Transfer", "Connection: close\r\nTransfer")
                + "x: y\r\n evil: z\r\nhost: a\r\n folded: b\r\nz: 1\r\n\r\n");

        assertThat(function.seen.getFirst().trailers()).containsExactly("x: y evil: z", "z: 1");
    }

    @Test
    void whoAsksForAFileOrTheManagementIsClosedToo() throws Exception {
        try (var edge = new TestEdge(folder, new TrailedFunction(Protocol.HTTP1)::run)) {
            for (var target : List.of("/page.html", "/nothing")) {
                assertThat(edge.raw(CHUNKED.replace("POST /", "POST " + target) + "x y: z\r\n\r\n"))
                        .startsWith("HTTP/1.1 ");
            }
            assertThat(edge.raw(CHUNKED.replace("hello.localhost", "localhost:" + edge.port) + "x y: z\r\n\r\n"))
                    .startsWith("HTTP/1.1 ");
            assertThat(edge.get("/page.html")).startsWith("HTTP/1.1 200 ");
        }
    }

    interface Sending {
        void run(Http2Frames client) throws IOException;
    }

    private static Arguments sent(String what, String answers, Sending sending) {
        return Arguments.of(what, answers, sending);
    }

    private static Arguments field(String what, String answers, String... pairs) {
        return sent(what, answers, client -> client.headers(1, LAST, pairs));
    }

    static List<Arguments> frames() {
        var broken = "(RST_STREAM|GOAWAY) 1";
        var refused = "400 .*|" + broken;
        return List.of(
                field("a pseudo-header", broken, ":path", "/evil"),
                field("a pseudo-header of an answer", broken, ":status", "200"),
                field("a pseudo-header that nobody knows", broken, ":evil", "1"),
                field("a pseudo-header after others", broken, "x", "y", ":authority", "evil"),
                field("a header of a connection", broken, "connection", "close"),
                field("a coding", broken, "transfer-encoding", "chunked"),
                field("a name in capitals", refused, "X", "y"),
                field("a name with a space", refused, "x y", "z"),
                field("a name with a colon", refused, "x:y", "z"),
                field("a name with a line end", refused, "x\r\nevil", "z"),
                field("no name", refused, "", "z"),
                field("a value with a line end", refused, "x", "y\r\nevil: z"),
                field("a value with LF", refused, "x", "y\nevil: z"),
                field("a value with CR", refused, "x", "y\rz"),
                field("a value with NUL", refused, "x", "y\0z"),
                field("a value with an escape", refused, "x", "y\u001b[31m"),
                sent("a hundred and one", "431 .*", client -> client.headers(1, LAST, many(101))),
                sent("hundreds that do not cross", "431 .*", client -> client.headers(1, LAST, evil(500))),
                sent("larger than a head", "431 .*|(RST_STREAM|GOAWAY) \\d+", client -> {
                    client.headers(1, Http2Frames.END_STREAM, "x", "y");
                    for (int i = 0; i < 10; i++) {
                        var end = i == 9 ? Http2Frames.END_HEADERS : 0;
                        client.send(Http2Frames.CONTINUATION, end, 1, Http2Frames.block("x", "y".repeat(10_000)));
                    }
                }),
                sent("small ones that grow", "431 .*|(RST_STREAM|GOAWAY) \\d+", client -> {
                    var bomb = Buffer.buffer(Http2Frames.block("bomb", "x".repeat(3_900)));
                    bomb.setByte(0, (byte) 0x40); // to be put into the table
                    for (int i = 0; i < 10_000; i++) {
                        bomb.appendByte((byte) 0xBE); // the first of what is in it
                    }
                    client.send(Http2Frames.HEADERS, LAST, 1, bomb.getBytes());
                }),
                sent("two of them", broken, client -> {
                    client.headers(1, Http2Frames.END_HEADERS, "x", "y");
                    client.headers(1, LAST, "x", "y");
                }));
    }

    private static String[] many(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> List.of("x-" + i, "y"))
                .flatMap(List::stream)
                .toArray(String[]::new);
    }

    private static String[] evil(int count) {
        var pairs = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            pairs.addAll(List.of("host", "evil"));
        }
        return pairs.toArray(String[]::new);
    }

    static Stream<Arguments> framesToBoth() {
        return frames().stream()
                .flatMap(each -> Stream.of(Protocol.values())
                        .map(protocol -> Arguments.of(each.get()[0], each.get()[1], each.get()[2], protocol)));
    }

    @ParameterizedTest(name = "{0}, {3}")
    @MethodSource("framesToBoth")
    void framesThatAreNoTrailers(String what, String answers, Sending sending, Protocol protocol) throws Exception {
        var function = new TrailedFunction(protocol);
        var edge = edge(function, protocol);

        try (var client = new Http2Frames(edge.port)) {
            TrailedClient.head(client, 1, List.of());
            client.send(Http2Frames.DATA, 0, 1, new byte[] {'a'});
            client.untilClosed(() -> sending.run(client));

            assertThat(TrailedClient.answer(client, TrailedFunction.decoder(), 1)
                            .replaceAll("\\R", " "))
                    .matches(answers);
        }
        assertThat(function.seen).isEmpty();
        assertThat(edge.get("/")).startsWith("HTTP/1.1 200 ");
        await().until(() -> edge.engine.over() == edge.engine.given.size());
    }
}
