package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Protocol;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances that speak HTTP/2 in clear text, called by clients of HTTP/1.1. */
class H2cTest {
    private static final int MOST_STREAMS = 3;

    @TempDir
    Path folder;

    private @Nullable TestEdge edge;

    private TestEdge edge(ScriptedInstance.Script script) throws Exception {
        edge = new TestEdge(folder, script, TestEdge.options(), GrpcCase.program(Protocol.H2C));
        edge.engine.keepAlive = false;
        return edge;
    }

    @AfterEach
    void close() throws Exception {
        if (edge != null) {
            edge.close();
        }
    }

    @Test
    void anOrdinaryRequestIsAnsweredOverAConnectionThatIsKeptForAWhile() throws Exception {
        var edge = edge(H2cConversation::obliging);

        assertThat(edge.get("/some/path")).startsWith("HTTP/1.1 200 OK\r\n").endsWith("2\r\nok\r\n0\r\n\r\n");
        assertThat(edge.instance.requests()).containsExactly("PRI * HTTP/2.0\r\n\r\n");
        assertThat(edge.instance.open()).isEqualTo(1);
        assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 0, 2));
        await().until(() -> edge.instance.open() == 0);
    }

    @Test
    void aBodyArrivesWholeWhateverItsFraming() throws Exception {
        var bodies = new CopyOnWriteArrayList<String>();
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            while (true) {
                int stream = conversation.awaitRequest();
                var body = new StringBuilder();
                for (int flags = 0; (flags & Http2Frames.END_STREAM) == 0; ) {
                    var frame = conversation.await(Http2Frames.DATA);
                    body.append(frame.payload().toString(StandardCharsets.ISO_8859_1));
                    flags = frame.flags();
                }
                bodies.add(body.toString());
                conversation.answer(stream, "ok");
            }
        });

        edge.send("POST", "/", "abcdef", "Content-Length: 6");
        edge.send("POST", "/", "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", "Transfer-Encoding: chunked");

        assertThat(bodies).containsExactly("abcdef", "abcdef");
    }

    @Test
    void trailersReachWhoTakesThem() throws Exception {
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            while (true) {
                int stream = conversation.awaitRequest();
                conversation.headers(stream, Http2Frames.END_HEADERS, ":status", "200");
                conversation.send(Http2Frames.DATA, 0, stream, (byte) 'o', (byte) 'k');
                conversation.headers(stream, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, "checksum", "7");
            }
        });

        assertThat(edge.get("/", "TE: trailers")).endsWith("2\r\nok\r\n0\r\nchecksum: 7\r\n\r\n");
        assertThat(edge.get("/")).endsWith("2\r\nok\r\n0\r\n\r\n");
    }

    @Test
    void whatTheClientTakesIsTold() throws Exception {
        var heads = new CopyOnWriteArrayList<String>();
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            while (true) {
                var head = conversation.await(Http2Frames.HEADERS);
                heads.add(head.payload().toString(StandardCharsets.ISO_8859_1));
                conversation.answer(head.stream(), "ok");
            }
        });

        edge.get("/without");
        edge.get("/with", "TE: trailers, deflate", "Connection: TE");

        assertThat(heads)
                .satisfiesExactly(
                        without -> assertThat(without).contains("/without").doesNotContain("trailers"),
                        with -> assertThat(with).contains("/with", "trailers").doesNotContain("deflate"));
    }

    @Test
    void whoAsksForAWebSocketIsAnsweredAsIfItHadNot() throws Exception {
        var edge = edge(H2cConversation::obliging);

        assertThat(edge.get("/", "Connection: Upgrade", "Upgrade: websocket")).startsWith("HTTP/1.1 200 OK\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                // It has more to say, and could be sent an encoded answer.
                "POST / HTTP/1.1\r\nHost: hello.localhost\r\nAccept-Encoding: gzip\r\nContent-Length: 2\r\n\r\n1"
            })
    void aHeadIsPassedOnBeforeThereIsABody(String request) throws Exception {
        var go = new CompletableFuture<Void>();
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            int stream = conversation.awaitRequest();
            conversation.headers(stream, Http2Frames.END_HEADERS, ":status", "200", "content-type", "text/plain");
            go.join();
            conversation.send(Http2Frames.DATA, Http2Frames.END_STREAM, stream);
        });
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));

            var head = new String(socket.getInputStream().readNBytes(15), StandardCharsets.US_ASCII);

            assertThat(head).isEqualTo("HTTP/1.1 200 OK");
            go.complete(null);
        }
    }

    @Test
    void aClientThatKnowsNoChunksGetsNone() throws Exception {
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            int stream = conversation.awaitRequest();
            conversation.headers(stream, Http2Frames.END_HEADERS, ":status", "200");
            LockSupport.parkNanos(100_000_000); // so that the head is read alone
            conversation.send(Http2Frames.DATA, Http2Frames.END_STREAM, stream, (byte) 'o', (byte) 'k');
        });

        assertThat(TestEdge.raw(edge.port, "GET / HTTP/1.0\r\nHost: hello.localhost\r\n\r\n"))
                .doesNotContainIgnoringCase("transfer-encoding")
                .endsWith("\r\n\r\nok");
    }

    @Test
    void whatAnInstanceSaidBeforeItDiedIsPassedOnWhole() throws Exception {
        var go = new CompletableFuture<Void>();
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            int stream = conversation.awaitRequest();
            go.join();
            conversation.answer(stream, "last words");
        });
        var answer = later(edge, 1).getFirst();
        await().until(() -> edge.instance.requests().size() == 1);

        edge.engine.given.getFirst().abort(new Problem(ErrorCode.FUNCTION_FAILED, "it was killed by signal 9", ""));
        go.complete(null);

        assertThat(answer.get(20, TimeUnit.SECONDS)).startsWith("HTTP/1.1 200 ").contains("last words");
        assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 0, 10));
    }

    @Test
    void whyAnInstanceDiedIsSaidWhereItSaidNothing() throws Exception {
        var go = new CompletableFuture<Void>();
        var edge = edge(bytes -> {
            new H2cConversation(bytes).awaitRequest();
            go.join();
        });
        var answer = later(edge, 1).getFirst();
        await().until(() -> edge.instance.requests().size() == 1);

        edge.engine.given.getFirst().abort(new Problem(ErrorCode.FUNCTION_FAILED, "it was killed by signal 9", ""));
        go.complete(null);

        assertThat(answer.get(20, TimeUnit.SECONDS)).startsWith("HTTP/1.1 500 ").contains("it was killed by signal 9");
    }

    /** {@code refuse} on the first two requests of a connection, an answer to all others. */
    private ScriptedInstance.Script refusing(Refusal refuse, int times, List<Integer> seen) {
        var refusals = new AtomicInteger();
        return bytes -> {
            var conversation = new H2cConversation(bytes);
            while (true) {
                int stream = conversation.awaitRequest();
                seen.add(stream);
                if (refusals.getAndIncrement() < times) {
                    refuse.of(conversation, stream);
                } else {
                    conversation.answer(stream, "ok");
                }
            }
        };
    }

    private interface Refusal {
        void of(H2cConversation conversation, int stream) throws java.io.IOException;
    }

    private static void reset(H2cConversation conversation, int stream) throws java.io.IOException {
        conversation.send(Http2Frames.RST_STREAM, 0, stream, (byte) 0, (byte) 0, (byte) 0, (byte) 7);
    }

    @Test
    void aRequestThatWasRefusedIsSentOnceMore() throws Exception {
        var seen = new CopyOnWriteArrayList<Integer>();
        var edge = edge(refusing(H2cTest::reset, 1, seen));

        assertThat(edge.send("POST", "/", "body", "Content-Length: 4")).startsWith("HTTP/1.1 200 ");
        assertThat(seen).containsExactly(1, 3);
        assertThat(edge.engine.asked).hasSize(1);
        assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 4, 2));
    }

    @Test
    void oneThatIsRefusedAgainIsNot() throws Exception {
        var seen = new CopyOnWriteArrayList<Integer>();
        var edge = edge(refusing(H2cTest::reset, 2, seen));
        edge.engine.repeatable = true;

        assertThat(edge.get("/")).startsWith("HTTP/1.1 502 ").contains("it reset the request with REFUSED_STREAM");
        assertThat(seen).hasSize(2);
        assertThat(edge.engine.ended).hasSize(1);
    }

    @Test
    void whatComesTooLateForAConnectionThatIsClosedGoesOverAnother() throws Exception {
        var seen = new CopyOnWriteArrayList<Integer>();
        var edge = edge(refusing((c, stream) -> c.send(Http2Frames.GOAWAY, 0, 0, new byte[8]), 1, seen));

        assertThat(edge.get("/")).startsWith("HTTP/1.1 200 ");
        assertThat(seen).containsExactly(1, 1);
        assertThat(edge.instance.connections()).isEqualTo(2);
    }

    @Test
    void whatIsUnderWayOnAConnectionThatIsClosedIsFinishedThere() throws Exception {
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            int stream = conversation.awaitRequest();
            conversation.send(Http2Frames.GOAWAY, 0, 0, new byte[] {0, 0, 0, (byte) stream, 0, 0, 0, 0});
            conversation.answer(stream, "finished");
            conversation.awaitRequest();
        });

        assertThat(edge.get("/")).startsWith("HTTP/1.1 200 ").contains("finished");
        assertThat(edge.get("/")).startsWith("HTTP/1.1 200 ").contains("finished");
        assertThat(edge.instance.connections()).isEqualTo(2);
    }

    @Test
    void aRequestThatWasWrittenIsNotSentAgainWhenTheInstanceGoes() throws Exception {
        var edge = edge(bytes -> new H2cConversation(bytes).awaitRequest());
        edge.engine.repeatable = true;

        assertThat(edge.get("/")).startsWith("HTTP/1.1 502 ").contains("it closed the connection without an answer");
        assertThat(edge.engine.asked).hasSize(1);
    }

    @Test
    void noMoreRequestsAtATimeThanTheInstanceTakesOnItsConnection() throws Exception {
        var seen = new CopyOnWriteArrayList<Integer>();
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes, H2cConversation.setting(MOST_STREAMS, 1));
            while (true) {
                int stream = conversation.awaitRequest();
                seen.add(stream);
                conversation.answer(stream, "ok");
            }
        });

        for (var answer : later(edge, 20)) {
            assertThat(answer.get(20, TimeUnit.SECONDS)).startsWith("HTTP/1.1 200 ");
        }
        assertThat(seen).hasSize(20);
        assertThat(edge.instance.connections()).isLessThanOrEqualTo(2); // one for each event loop
    }

    private static List<CompletableFuture<String>> later(TestEdge edge, int count) {
        var answers = new ArrayList<CompletableFuture<String>>();
        for (int i = 0; i < count; i++) {
            var answer = new CompletableFuture<String>();
            answers.add(answer);
            Thread.ofVirtual().start(() -> {
                try {
                    answer.complete(edge.get("/"));
                } catch (Exception e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        return answers;
    }

    @Test
    void whoLeavesWhileTheConnectionIsFullTakesNoPlaceOnIt() throws Exception {
        var go = new CompletableFuture<Void>();
        var heads = new CopyOnWriteArrayList<String>();
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes, H2cConversation.setting(MOST_STREAMS, 1));
            while (true) {
                var head = conversation.await(Http2Frames.HEADERS);
                heads.add(head.payload().toString(StandardCharsets.ISO_8859_1));
                go.join();
                conversation.answer(head.stream(), "ok");
            }
        });
        // Those of one event loop come over one connection of HTTP/2.
        try (var client = new Http2Frames(edge.port)) {
            for (int stream = 1; stream < 7; stream += 2) {
                client.headers(
                        stream,
                        Http2Frames.END_HEADERS | Http2Frames.END_STREAM,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "hello.localhost",
                        ":path",
                        stream == 3 ? "/leaves" : "/stays");
            }
            await().until(() -> edge.engine.given.size() == 3 && edge.instance.connections() == 1);
            client.send(Http2Frames.RST_STREAM, 0, 3, new byte[] {0, 0, 0, 8});
            await().until(() -> edge.engine.over() == 1);
            go.complete(null);

            assertThat(client.await(Http2Frames.HEADERS).stream()).isEqualTo(1);
            assertThat(client.await(Http2Frames.HEADERS).stream()).isEqualTo(5);
        }
        assertThat(heads).anyMatch(head -> head.contains("/stays")).noneMatch(head -> head.contains("/leaves"));
        await().until(() -> edge.instance.open() == 0);
    }

    @Test
    void anAnswerThatWasWholeWhenItsStreamWasResetIsPassedOnWhole() throws Exception {
        int size = 60_000;
        var edge = edge(bytes -> {
            var conversation = new H2cConversation(bytes);
            while (true) {
                int stream = conversation.awaitRequest();
                conversation.headers(stream, Http2Frames.END_HEADERS, ":status", "200");
                for (int i = 0; i < size / 10_000; i++) {
                    conversation.send(Http2Frames.DATA, 0, stream, new byte[10_000]);
                }
                conversation.headers(stream, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, "checksum", "7");
                conversation.send(Http2Frames.RST_STREAM, 0, stream, new byte[4]); // NO_ERROR: it needs no body
            }
        });
        try (var client = new Http2Frames(edge.port)) {
            // So narrow a window that most of it waits in the edge.
            client.send(Http2Frames.SETTINGS, 0, 0, H2cConversation.setting(4, 1000));
            client.headers(
                    1,
                    Http2Frames.END_HEADERS,
                    ":method",
                    "POST",
                    ":scheme",
                    "http",
                    ":authority",
                    "hello.localhost",
                    ":path",
                    "/",
                    "content-type",
                    "application/grpc");
            int got = client.await(Http2Frames.DATA).payload().length();
            client.send(H2cConversation.WINDOW_UPDATE, 0, 1, new byte[] {0, 1, 0, 0});

            while (got < size) {
                got += client.await(Http2Frames.DATA).payload().length();
            }
            var trailers = client.await(Http2Frames.HEADERS);

            assertThat(got).isEqualTo(size);
            assertThat(trailers.flags() & Http2Frames.END_STREAM).isNotZero();
        }
    }
}
