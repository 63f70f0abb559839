package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances that break the rules of HTTP/2: one clear answer each, and the next request is answered by whoever behaves. */
class HostileH2cTest {
    private static final String[] GRPC_CALL = {
        ":method",
        "POST",
        ":scheme",
        "http",
        ":authority",
        "hello.localhost",
        ":path",
        "/",
        "content-type",
        "application/grpc"
    };

    @TempDir
    Path folder;

    private TestEdge edge(ScriptedInstance.Script script, Protocol protocol) throws IOException {
        return new TestEdge(folder, script, TestEdge.options(), GrpcCase.program(protocol));
    }

    /** What an instance does with the first request on a connection. */
    enum Misdeed {
        ENDLESS_HEAD {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.headers(stream, 0, ":status", "200");
                while (true) {
                    to.send(Http2Frames.CONTINUATION, 0, stream);
                }
            }
        },
        HUGE_HEADERS {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.headers(stream, 0, ":status", "200");
                for (int i = 0; i < 20; i++) {
                    var flags = i == 19 ? Http2Frames.END_HEADERS : 0;
                    to.send(Http2Frames.CONTINUATION, flags, stream, Http2Frames.block("x-" + i, "x".repeat(10_000)));
                }
            }
        },
        /** A header of 4,000 bytes that is said once and repeated by a byte each (RFC 7541, section 7.3). */
        SMALL_HEAD_THAT_GROWS {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                var block = io.vertx.core.buffer.Buffer.buffer(Http2Frames.block(":status", "200"));
                var bomb = Http2Frames.block("bomb", "x".repeat(3_900));
                bomb[0] = 0x40; // to be put into the table
                block.appendBytes(bomb);
                for (int i = 0; i < 10_000; i++) {
                    block.appendByte((byte) 0xBE); // the first of what is in it
                }
                to.send(Http2Frames.HEADERS, Http2Frames.END_HEADERS, stream, block.getBytes());
            }
        },
        SETTINGS_WITHOUT_END {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                while (true) {
                    to.send(Http2Frames.SETTINGS, 0, 0, H2cConversation.setting(4, 70_000));
                }
            }
        },
        PINGS_WITHOUT_END {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                while (true) {
                    to.send(Http2Frames.PING, 0, 0, new byte[8]);
                }
            }
        },
        FRAMES_WITHOUT_CONTENT {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                while (true) {
                    to.send(Http2Frames.DATA, 0, stream);
                }
            }
        },
        WINDOW_BEYOND_ALL_BOUNDS {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.send(H2cConversation.WINDOW_UPDATE, 0, 0, new byte[] {0x7F, -1, -1, -1});
                to.send(H2cConversation.WINDOW_UPDATE, 0, 0, new byte[] {0x7F, -1, -1, -1});
            }
        },
        PUSH {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.send(H2cConversation.PUSH_PROMISE, Http2Frames.END_HEADERS, stream, new byte[] {0, 0, 0, 2, 0});
            }
        },
        ANSWER_TO_NOBODY {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.answer(stream + 100, "who asked?");
            }
        },
        NO_STATUS {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.headers(stream, Http2Frames.END_HEADERS, "x-a", "b");
            }
        },
        STATUS_THAT_IS_NONE {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.headers(stream, Http2Frames.END_HEADERS, ":status", "fine");
            }
        },
        TWO_INTERIM_ANSWERS_TOO_MANY {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.headers(stream, Http2Frames.END_HEADERS, ":status", "101");
                to.headers(stream, Http2Frames.END_HEADERS, ":status", "102");
            }
        },
        HEADER_THAT_SPLITS {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.headers(stream, Http2Frames.END_HEADERS, ":status", "200", "x-a", "b\r\nset-cookie: c=d");
            }
        },
        FRAME_TOO_LONG {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.send(Http2Frames.DATA, 0, stream, new byte[20_000]);
            }
        },
        RESET {
            @Override
            void commit(H2cConversation to, int stream) throws IOException {
                to.send(Http2Frames.RST_STREAM, 0, stream, new byte[] {0, 0, 0, 2});
            }
        };

        abstract void commit(H2cConversation to, int stream) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void aMisdeedIs502AndCostsNobodyElseAnything(Misdeed misdeed) throws Exception {
        var connections = new AtomicInteger();
        try (var edge = edge(
                bytes -> {
                    if (connections.getAndIncrement() > 0) {
                        H2cConversation.obliging(bytes);
                    }
                    var conversation = new H2cConversation(bytes);
                    misdeed.commit(conversation, conversation.awaitRequest());
                    bytes.readAll();
                },
                Protocol.H2C)) {
            assertThat(edge.get("/", "Accept: application/json"))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("\"code\":\"function_bad_response\"");
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.FAILED, 502, 0, 0));

            await().untilAsserted(() -> assertThat(edge.get("/")).startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void anInstanceThatFloodsIsNamed() throws Exception {
        try (var edge = edge(
                bytes -> {
                    var conversation = new H2cConversation(bytes);
                    Misdeed.PINGS_WITHOUT_END.commit(conversation, conversation.awaitRequest());
                },
                Protocol.H2C)) {
            assertThat(edge.get("/")).contains("it sent more PING or SETTINGS than anybody needs");
            assertThat(edge.instance.connections()).isEqualTo(1);
        }
    }

    /** Trailers that another protocol than HTTP/2 cannot carry. */
    private static ScriptedInstance.Script ending(String name, String value) {
        return bytes -> {
            var conversation = new H2cConversation(bytes);
            while (true) {
                int stream = conversation.awaitRequest();
                conversation.headers(
                        stream, Http2Frames.END_HEADERS, ":status", "200", "content-type", "application/grpc");
                conversation.send(Http2Frames.DATA, 0, stream, (byte) 'o', (byte) 'k');
                conversation.headers(stream, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, name, value);
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-a=b\r\nset-cookie: c=d", ":status=204", "x a=b"})
    void trailersThatSplitBreakTheAnswerOff(String trailer) throws Exception {
        var pair = trailer.split("=", 2);
        try (var edge = edge(ending(pair[0], pair[1]), Protocol.H2C)) {
            assertThat(edge.get("/", "TE: trailers"))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("\r\n\r\n2\r\nok\r\n");
            assertThat(edge.engine.ended)
                    .extracting(RecordingEngine.Ended::outcome)
                    .containsExactly(Outcome.FAILED);
        }
    }

    @Test
    void orAreAFailedCall() throws Exception {
        try (var edge = edge(ending("x-a", "b\r\nset-cookie: c=d"), Protocol.H2C);
                var client = new Http2Frames(edge.port)) {
            client.headers(1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, GRPC_CALL);

            client.await(Http2Frames.HEADERS);
            var trailers = client.await(Http2Frames.HEADERS);

            assertThat(trailers.flags() & Http2Frames.END_STREAM).isNotZero();
            assertThat(trailers.payload().toString(StandardCharsets.ISO_8859_1))
                    .contains("grpc-status", "14", "did not answer properly")
                    .doesNotContain("set-cookie");
        }
    }

    @Test
    void aHeaderThatSplitsIsNoHeaderInHttp2Either() throws Exception {
        try (var edge = edge(
                        bytes -> {
                            var conversation = new H2cConversation(bytes);
                            Misdeed.HEADER_THAT_SPLITS.commit(conversation, conversation.awaitRequest());
                            bytes.readAll();
                        },
                        Protocol.H2C);
                var client = new Http2Frames(edge.port)) {
            client.headers(1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, GRPC_CALL);

            client.await(Http2Frames.HEADERS);

            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.FAILED, 502, 0, 0));
        }
    }

    @Test
    void moreThanWasAskedForBreaksTheAnswerOff() throws Exception {
        try (var edge = edge(
                bytes -> {
                    var conversation = new H2cConversation(bytes);
                    int stream = conversation.awaitRequest();
                    conversation.headers(stream, Http2Frames.END_HEADERS, ":status", "200");
                    while (true) {
                        conversation.send(Http2Frames.DATA, 0, stream, new byte[16_000]); // whatever the window says
                    }
                },
                Protocol.H2C)) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket.getOutputStream()
                        .write("GET / HTTP/1.1\r\nHost: hello.localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

                await().until(() -> edge.instance.connections() == 1 && edge.instance.open() == 0);
            }
            await().untilAsserted(() -> assertThat(edge.engine.ended).hasSize(1));
        }
    }

    @Test
    void anInstanceWithoutAWindowHoldsItsClientsBack() throws Exception {
        try (var edge = edge(
                bytes -> {
                    var conversation = new H2cConversation(bytes, H2cConversation.setting(4, 0));
                    conversation.awaitRequest();
                    bytes.readAll();
                },
                Protocol.H2C)) {
            var sent = new AtomicInteger();
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                Thread.ofVirtual().start(() -> post(socket, sent));
                var last = new AtomicInteger(-1);
                await().pollInterval(Duration.ofMillis(300))
                        .until(() -> sent.get() > 0 && last.getAndSet(sent.get()) == sent.get());

                assertThat(sent.get()).isLessThan(20_000_000);
            }
            edge.engine.given.getFirst().abort(new Problem(ErrorCode.FUNCTION_TIMEOUT, "took over 300 s", ""));
            await().untilAsserted(() -> assertThat(edge.engine.ended)
                    .extracting(RecordingEngine.Ended::outcome)
                    .containsExactly(Outcome.TIMEOUT));
        }
    }

    /** As much of 100 MB as is taken. */
    private static void post(Socket socket, AtomicInteger sent) {
        try {
            socket.getOutputStream()
                    .write("POST / HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: 100000000\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            var chunk = new byte[10_000];
            while (true) {
                socket.getOutputStream().write(chunk);
                sent.addAndGet(chunk.length);
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    @Test
    void aProgramThatSpeaksHttp11IsToldBySettingsWhichSayOtherwise() throws Exception {
        try (var edge = edge(
                bytes -> {
                    bytes.readHead();
                    bytes.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                },
                Protocol.H2C)) {
            assertThat(edge.get("/"))
                    .startsWith("HTTP/1.1 502 ")
                    .contains(
                            "the function app did not answer properly: it does not speak HTTP/2",
                            "if it speaks HTTP/1.1, set protocol: http1 in mayfly.yaml");
        }
    }

    @Test
    void aProgramThatSpeaksOnlyHttp2IsToldBySettingsWhichDoNotSaySo() throws Exception {
        try (var edge = edge(
                bytes -> {
                    bytes.readHead();
                    bytes.write("\0\0\0\4\0\0\0\0\0" + "\0\0\10\7\0\0\0\0\0\0\0\0\0\0\0\0\1");
                },
                Protocol.HTTP1)) {
            assertThat(edge.get("/"))
                    .startsWith("HTTP/1.1 502 ")
                    .contains(
                            "its answer is not HTTP/1.1",
                            "if it speaks HTTP/2 without TLS, as servers of gRPC do, set protocol: h2c in mayfly.yaml");
        }
    }

    @Test
    void aProgramThatClosesWithoutAWordIsNotTakenForOneThatSpeaksHttp2() throws Exception {
        try (var edge = edge(ScriptedInstance.Conversation::readHead, Protocol.H2C)) {
            assertThat(edge.get("/")).startsWith("HTTP/1.1 502 ").contains("it does not speak HTTP/2");
        }
    }
}
