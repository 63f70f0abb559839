package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Outcome;
import dev.mayfly.model.Protocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What follows the body of a request, from clients of both protocols to functions of both. */
class RequestTrailersTest {
    @TempDir
    Path folder;

    private @Nullable TestEdge opened;
    private @Nullable TrailedFunction asked;

    private TestEdge edge(Protocol protocol) throws Exception {
        var function = new TrailedFunction(protocol);
        asked = function;
        opened = new TestEdge(folder, function::run, TestEdge.options(), GrpcCase.program(protocol));
        opened.engine.keepAlive = protocol == Protocol.HTTP1;
        return opened;
    }

    @AfterEach
    void close() throws Exception {
        if (opened != null) {
            opened.close();
        }
    }

    private List<TrailedFunction.Seen> seen() {
        return asked == null ? List.of() : asked.seen;
    }

    private TrailedFunction.Seen only() {
        assertThat(seen()).hasSize(1);
        return seen().getFirst();
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C", "TLS1, HTTP1", "TLS2, HTTP1", "TLS2, H2C"})
    void reachTheFunction(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        try (var client = TrailedClient.of(kind, edge(protocol))) {
            assertThat(client.post("body", "X-Checksum: abc", "x-second: 2", "x-second: 3"))
                    .startsWith("200");
        }

        assertThat(only().body()).isEqualTo("body");
        assertThat(only().trailers()).containsExactly("x-checksum: abc", "x-second: 2", "x-second: 3");
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C"})
    void reachItWithoutABodyToo(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        try (var client = TrailedClient.of(kind, edge(protocol))) {
            assertThat(client.post("", "x-checksum: abc")).startsWith("200");
        }

        assertThat(only().body()).isEmpty();
        assertThat(only().trailers()).containsExactly("x-checksum: abc");
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C"})
    void followABodyThatIsLongerThanAnythingHolds(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        var body = "0123456789abcdef"
                .repeat(12_000); // 192 KB: more than is kept, than a window, than a socket takes at once
        try (var client = TrailedClient.of(kind, edge(protocol))) {
            assertThat(client.post(body, "x-checksum: abc")).startsWith("200");
        }

        assertThat(only().body()).isEqualTo(body);
        assertThat(only().trailers()).containsExactly("x-checksum: abc");
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C"})
    void belongToOneRequestOfAConnection(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        try (var client = TrailedClient.of(kind, edge(protocol))) {
            client.post("one", "x-of: one");
            client.post("two");
            client.post("three", "x-of: three");
        }

        assertThat(seen())
                .extracting(TrailedFunction.Seen::body, TrailedFunction.Seen::trailers)
                .containsExactly(
                        tuple("one", List.of("x-of: one")),
                        tuple("two", List.of()),
                        tuple("three", List.of("x-of: three")));
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C"})
    void bringNothingInThatHeadsMayNot(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        var names = Arrays.asList(
                "host authorization cookie set-cookie proxy-authorization content-type content-encoding content-range "
                        .concat("expect max-forwards range if-match if-none-match cache-control accept-encoding ")
                        .concat("forwarded x-forwarded-for x_forwarded_for x-forwarded-host x-forwarded-user ")
                        .concat("x-real-ip X_Real_IP x-request-id x-mayfly-invocation x_mayfly_invocation proxy ")
                        .concat("traceparent tracestate http2-settings x-http-method-override origin sec-fetch-site ")
                        .concat("x-dropped content_length transfer_encoding")
                        .split(" "));
        var trailers = new ArrayList<>(List.of("x-first: 1"));
        names.forEach(name -> trailers.add(name + ": evil"));
        trailers.add("content-digest: sha-256=:abc=:");
        var lowered = trailers.stream()
                .map(line -> kind.http2() ? line.toLowerCase(Locale.ROOT) : line)
                .toArray(String[]::new);
        var edge = edge(protocol);
        if (kind.http2()) {
            try (var client = TrailedClient.of(kind, edge)) {
                client.post("body", lowered);
            }
        } else { // which can say of a name that it belongs to one connection
            trailers.add("connection: evil");
            trailers.add("te: evil");
            trailers.add("upgrade: evil");
            trailers.add("keep-alive: evil");
            edge.send(
                    "POST",
                    "/",
                    "4\r\nbody\r\n0\r\n" + String.join("\r\n", trailers) + "\r\n\r\n",
                    "Transfer-Encoding: chunked",
                    "Connection: x-dropped");
        }

        var expected = new ArrayList<>(List.of("x-first: 1", "content-digest: sha-256=:abc=:"));
        if (kind.http2()) { // where heads are of no connection
            expected.add(1, "x-dropped: evil");
        }
        assertThat(only().trailers()).containsExactlyElementsOf(expected);
        assertThat(String.join("\n", only().head())).doesNotContain("evil");
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C"})
    void areAnnouncedAsFarAsTheyCross(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        try (var client = TrailedClient.of(kind, edge(protocol))) {
            client.head = List.of("trailer: x-checksum, Host,Content-Length", "trailer: x-second, x y");
            client.post("body", "x-checksum: abc");
        }

        assertThat(only().head())
                .filteredOn(line -> line.startsWith("trailer:"))
                .containsExactly("trailer: x-checksum, x-second");
        assertThat(only().trailers()).containsExactly("x-checksum: abc");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void reachAFunctionOfHttp2AfterABodyOfKnownLengthAndNoneElse(Protocol protocol) throws Exception {
        try (var client = TrailedClient.of(TrailedClient.Kind.HTTP2, edge(protocol))) {
            client.head = List.of("content-length: 4");
            assertThat(client.post("body", "x-checksum: abc")).startsWith("200");
        }

        assertThat(only().body()).isEqualTo("body");
        assertThat(only().trailers()).isEqualTo(protocol == Protocol.H2C ? List.of("x-checksum: abc") : List.of());
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C"})
    void areSentAgainWithARequestThatIs(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        var edge = edge(protocol);
        edge.engine.repeatable = true;
        var times = new AtomicInteger();
        if (asked != null) {
            asked.before = request -> times.incrementAndGet() > 1;
        }
        try (var client = TrailedClient.of(kind, edge)) {
            assertThat(client.post("body", "x-checksum: abc")).startsWith("200");
            assertThat(client.post("", "x-checksum: def")).startsWith("200");
        }

        assertThat(seen())
                .extracting(each -> each.body() + each.trailers())
                .containsExactly("body[x-checksum: abc]", "body[x-checksum: abc]", "[x-checksum: def]");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void areThoseOfTheirOwnRequestWhereSeveralAreSentAhead(Protocol protocol) throws Exception {
        var edge = edge(protocol);
        var go = new CountDownLatch(1);
        if (asked != null) {
            asked.before = request -> {
                try {
                    return go.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            };
        }
        var requests = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            requests.append("POST /" + i + " HTTP/1.1\r\nHost: hello.localhost\r\n");
            requests.append(i == 19 ? "Connection: close\r\n" : "");
            requests.append("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
            requests.append(i % 3 == 0 ? "\r\n" : "x-of: " + i + "\r\n\r\n");
        }
        var answers = CompletableFuture.supplyAsync(() -> {
            try {
                return edge.raw(requests.toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        await().until(() -> !seen().isEmpty());
        go.countDown();

        assertThat(answers.get(20, TimeUnit.SECONDS).split("HTTP/1.1 200 OK", -1))
                .hasSize(21);
        assertThat(seen())
                .extracting(TrailedFunction.Seen::trailers)
                .containsExactlyElementsOf(IntStream.range(0, 20)
                        .mapToObj(i -> i % 3 == 0 ? List.<String>of() : List.of("x-of: " + i))
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({"HTTP1, HTTP1", "HTTP1, H2C", "HTTP2, HTTP1", "HTTP2, H2C"})
    void asManyAndAsLongAsAHeadMayHave(TrailedClient.Kind kind, Protocol protocol) throws Exception {
        var most = IntStream.range(0, 100).mapToObj(i -> "x-" + i + ": " + i).toArray(String[]::new);
        try (var client = TrailedClient.of(kind, edge(protocol))) {
            assertThat(client.post("body", most)).startsWith("200");
            assertThat(client.post("body", "x-long: " + "x".repeat(12_000))).startsWith("200");
        }

        assertThat(seen().getFirst().trailers()).containsExactly(most);
        assertThat(seen().getLast().trailers()).containsExactly("x-long: " + "x".repeat(12_000));
    }

    @Test
    void comeAfterAnAnswerThatDidNotWaitForThem() throws Exception {
        var edge = new TestEdge(
                folder,
                bytes -> {
                    var conversation = new H2cConversation(bytes);
                    conversation.answer(conversation.awaitRequest(), "early");
                    conversation.await(Http2Frames.RST_STREAM);
                    conversation.answer(conversation.awaitRequest(), "next");
                },
                TestEdge.options(),
                GrpcCase.program(Protocol.H2C));
        opened = edge;
        edge.engine.keepAlive = false;
        var decoder = TrailedFunction.decoder();
        try (var client = new Http2Frames(edge.port)) {
            TrailedClient.head(client, 1, List.of());
            await().until(() -> edge.engine.over() == 1);
            client.headers(1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, "x-checksum", "abc");
            assertThat(TrailedClient.answer(client, decoder, 1)).isEqualTo("200 early");
            TrailedClient.head(client, 3, List.of());
            client.send(Http2Frames.DATA, Http2Frames.END_STREAM, 3, new byte[0]);
            assertThat(TrailedClient.answer(client, decoder, 3)).isEqualTo("200 next");
        }
        assertThat(edge.engine.ended).extracting(RecordingEngine.Ended::outcome).containsOnly(Outcome.OK);
    }

    @Test
    void ofWhoLeavesAreNotMissed() throws Exception {
        var edge = edge(Protocol.HTTP1);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            socket.getOutputStream()
                    .write(
                            "POST / HTTP/1.1\r\nHost: hello.localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-a: b\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            await().until(() -> edge.engine.given.size() == 1);
        }
        await().until(() -> edge.engine.over() == 1);

        assertThat(edge.engine.ended.getFirst().outcome()).isEqualTo(Outcome.DISCONNECTED);
        assertThat(edge.get("/")).startsWith("HTTP/1.1 200 OK");
    }
}
