package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules of HTTP/2 by the cases of h2spec 2.2.1 (github.com/summerwind/h2spec), named by the sections of RFC 9113 and RFC 7541 that they are of: what breaks
 * one ends its stream or its connection with the error that the section names, and what only looks unusual is served. h2spec itself needs Go, so it is no part
 * of the build; docs/conformance.md has how it is run and what it said. Longer than other files, because it is one table.
 */
@Timeout(60)
class Http2RulesTest {
    private static final int PRIORITY = 2;
    private static final int PUSH_PROMISE = 5;
    private static final int WINDOW_UPDATE = 8;
    private static final int PADDED = 8;
    private static final int ACK = 1;
    private static final int WHOLE = Http2Frames.END_HEADERS | Http2Frames.END_STREAM;

    private static final int PROTOCOL_ERROR = 1;
    private static final int FLOW_CONTROL_ERROR = 3;
    private static final int STREAM_CLOSED = 5;
    private static final int FRAME_SIZE_ERROR = 6;
    private static final int REFUSED_STREAM = 7;
    private static final int COMPRESSION_ERROR = 9;

    @TempDir
    private static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static TestEdge edge;

    /** What a client sends; GET and POST are of its own first stream. */
    interface Sending {
        void run(Http2Frames client) throws IOException;
    }

    @BeforeAll
    static void start() throws IOException {
        edge = new TestEdge(folder, conversation -> {
            while (conversation.readHead()) {
                if (conversation.asked("/api/items/")) {
                    conversation.readAll();
                }
                conversation.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
    }

    @AfterAll
    static void stop() throws IOException {
        edge.close();
    }

    private static String[] request(String method, String... more) {
        var pairs = new ArrayList<>(List.of(
                ":method",
                method,
                ":scheme",
                "http",
                ":path",
                "/api/hello",
                ":authority",
                "hello.localhost:" + edge.port));
        pairs.addAll(List.of(more));
        return pairs.toArray(String[]::new);
    }

    private static void get(Http2Frames client, int stream) throws IOException {
        client.headers(stream, WHOLE, request("GET"));
    }

    /** Which is not answered. */
    private static void held(Http2Frames client) throws IOException {
        client.headers(
                1,
                WHOLE,
                ":method",
                "GET",
                ":scheme",
                "http",
                ":path",
                "/api/items/1",
                ":authority",
                "hello.localhost");
    }

    /** Its body is still to come. */
    private static void post(Http2Frames client, int stream, String... more) throws IOException {
        client.headers(stream, Http2Frames.END_HEADERS, request("POST", more));
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private static byte[] setting(int id, int value) {
        return ByteBuffer.allocate(6).putShort((short) id).putInt(value).array();
    }

    private static byte[] joined(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (var part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] bytes(int... values) {
        var all = new byte[values.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) values[i];
        }
        return all;
    }

    private static Arguments broken(String rule, int error, Sending sending) {
        return Arguments.of(rule, Set.of(error), sending);
    }

    private static Arguments broken(String rule, Set<Integer> errors, Sending sending) {
        return Arguments.of(rule, errors, sending);
    }

    /** A request whose head is this, and no body. */
    private static Arguments malformed(String rule, String... pairs) {
        return broken("8.2 and 8.3: " + rule, PROTOCOL_ERROR, client -> client.headers(1, WHOLE, pairs));
    }

    static List<Arguments> frames() {
        return List.of(
                broken("4.2: DATA larger than a frame may be", FRAME_SIZE_ERROR, client -> {
                    post(client, 1);
                    client.send(Http2Frames.DATA, 0, 1, new byte[16_385]);
                }),
                broken(
                        "4.2: HEADERS larger than a frame may be",
                        FRAME_SIZE_ERROR,
                        client -> client.send(Http2Frames.HEADERS, WHOLE, 1, new byte[16_385])),
                broken(
                        "4.3: a head that is not HPACK",
                        COMPRESSION_ERROR,
                        client -> client.send(Http2Frames.HEADERS, WHOLE, 1, bytes(0xFF, 0xFF, 0xFF, 0xFF, 0xFF))),
                broken("4.3: another frame within a head", PROTOCOL_ERROR, client -> {
                    client.headers(1, 0, request("GET"));
                    client.send(Http2Frames.PING, 0, 0, new byte[8]);
                }),
                broken("4.3: another stream's frame within a head", PROTOCOL_ERROR, client -> {
                    client.headers(1, 0, request("GET"));
                    get(client, 3);
                }),
                broken(
                        "5.1: DATA on an idle stream",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.DATA, 1, 1, new byte[1])),
                broken(
                        "5.1: RST_STREAM on an idle stream",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.RST_STREAM, 0, 1, number(8))),
                broken(
                        "5.1: WINDOW_UPDATE on an idle stream",
                        PROTOCOL_ERROR,
                        client -> client.send(WINDOW_UPDATE, 0, 1, number(9))),
                broken(
                        "5.1: CONTINUATION on an idle stream",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.CONTINUATION, 4, 1, Http2Frames.block(request("GET")))),
                broken("5.1: DATA after the end", STREAM_CLOSED, client -> {
                    held(client);
                    client.send(Http2Frames.DATA, 1, 1, new byte[1]);
                }),
                broken("5.1: HEADERS after the end", Set.of(PROTOCOL_ERROR, STREAM_CLOSED), client -> {
                    held(client);
                    get(client, 1);
                }),
                broken("5.1: CONTINUATION after the end", Set.of(PROTOCOL_ERROR, STREAM_CLOSED), client -> {
                    held(client);
                    client.send(Http2Frames.CONTINUATION, 4, 1, Http2Frames.block("a", "b"));
                }),
                broken("5.1: DATA after RST_STREAM", STREAM_CLOSED, client -> {
                    post(client, 1);
                    client.send(Http2Frames.RST_STREAM, 0, 1, number(8));
                    client.send(Http2Frames.DATA, 1, 1, new byte[1]);
                }),
                broken("5.1.1: a stream of an even number", PROTOCOL_ERROR, client -> get(client, 2)),
                broken(
                        "5.1.1: a stream of a lower number than one before",
                        Set.of(PROTOCOL_ERROR, STREAM_CLOSED),
                        client -> {
                            get(client, 5);
                            get(client, 3);
                        }),
                broken("5.1.2: more streams than there may be", Set.of(PROTOCOL_ERROR, REFUSED_STREAM), client -> {
                    for (int i = 0; i < 300; i++) {
                        post(client, 2 * i + 1);
                    }
                }),
                broken("5.5: an unknown frame within a head", PROTOCOL_ERROR, client -> {
                    client.headers(1, 0, request("GET"));
                    client.send(0x16, 0, 0, new byte[8]);
                }),
                broken(
                        "6.1: DATA on stream 0",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.DATA, 1, 0, new byte[1])),
                broken("6.1: more padding than payload", PROTOCOL_ERROR, client -> {
                    post(client, 1);
                    client.send(Http2Frames.DATA, PADDED | 1, 1, bytes(9, 'x'));
                }),
                broken("6.2: HEADERS on stream 0", PROTOCOL_ERROR, client -> get(client, 0)),
                broken(
                        "6.2: more padding than head",
                        PROTOCOL_ERROR,
                        client -> client.send(
                                Http2Frames.HEADERS,
                                PADDED | WHOLE,
                                1,
                                joined(bytes(250), Http2Frames.block("a", "b")))),
                broken("6.3: PRIORITY on stream 0", PROTOCOL_ERROR, client -> client.send(PRIORITY, 0, 0, new byte[5])),
                broken("6.3: PRIORITY of another length", FRAME_SIZE_ERROR, client -> {
                    post(client, 1);
                    client.send(PRIORITY, 0, 1, new byte[4]);
                }),
                broken(
                        "6.4: RST_STREAM on stream 0",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.RST_STREAM, 0, 0, number(8))),
                broken("6.4: RST_STREAM of another length", FRAME_SIZE_ERROR, client -> {
                    post(client, 1);
                    client.send(Http2Frames.RST_STREAM, 0, 1, new byte[3]);
                }),
                broken(
                        "6.5: an acknowledgement that says something",
                        FRAME_SIZE_ERROR,
                        client -> client.send(Http2Frames.SETTINGS, ACK, 0, new byte[6])),
                broken(
                        "6.5: SETTINGS of a stream",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.SETTINGS, 0, 1, setting(3, 9))),
                broken(
                        "6.5: SETTINGS of another length",
                        FRAME_SIZE_ERROR,
                        client -> client.send(Http2Frames.SETTINGS, 0, 0, new byte[5])),
                broken(
                        "6.5.2: ENABLE_PUSH neither on nor off",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.SETTINGS, 0, 0, setting(2, 2))),
                broken(
                        "6.5.2: INITIAL_WINDOW_SIZE too large",
                        FLOW_CONTROL_ERROR,
                        client -> client.send(Http2Frames.SETTINGS, 0, 0, setting(4, -1))),
                broken(
                        "6.5.2: MAX_FRAME_SIZE too small",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.SETTINGS, 0, 0, setting(5, 16_383))),
                broken(
                        "6.5.2: MAX_FRAME_SIZE too large",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.SETTINGS, 0, 0, setting(5, 1 << 24))),
                broken("6.6: a client that pushes", PROTOCOL_ERROR, client -> {
                    post(client, 1);
                    client.send(PUSH_PROMISE, 4, 1, joined(number(2), Http2Frames.block(request("GET"))));
                }),
                broken(
                        "6.7: PING of a stream",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.PING, 0, 1, new byte[8])),
                broken(
                        "6.7: PING of another length",
                        FRAME_SIZE_ERROR,
                        client -> client.send(Http2Frames.PING, 0, 0, new byte[6])),
                broken(
                        "6.8: GOAWAY of a stream",
                        PROTOCOL_ERROR,
                        client -> client.send(Http2Frames.GOAWAY, 0, 1, new byte[8])),
                broken(
                        "6.9: WINDOW_UPDATE by nothing",
                        PROTOCOL_ERROR,
                        client -> client.send(WINDOW_UPDATE, 0, 0, number(0))),
                broken("6.9: WINDOW_UPDATE of a stream by nothing", PROTOCOL_ERROR, client -> {
                    post(client, 1);
                    client.send(WINDOW_UPDATE, 0, 1, number(0));
                }),
                broken(
                        "6.9: WINDOW_UPDATE of another length",
                        FRAME_SIZE_ERROR,
                        client -> client.send(WINDOW_UPDATE, 0, 0, new byte[3])),
                broken("6.9.1: a window that is too large", FLOW_CONTROL_ERROR, client -> {
                    client.send(WINDOW_UPDATE, 0, 0, number(Integer.MAX_VALUE));
                    client.send(WINDOW_UPDATE, 0, 0, number(Integer.MAX_VALUE));
                }),
                broken("6.9.1: a stream's window that is too large", FLOW_CONTROL_ERROR, client -> {
                    post(client, 1);
                    client.send(WINDOW_UPDATE, 0, 1, number(Integer.MAX_VALUE));
                    client.send(WINDOW_UPDATE, 0, 1, number(Integer.MAX_VALUE));
                }),
                broken("6.10: CONTINUATION on stream 0", PROTOCOL_ERROR, client -> {
                    client.headers(1, 0, request("GET"));
                    client.send(Http2Frames.CONTINUATION, 4, 0, Http2Frames.block("a", "b"));
                }),
                broken("6.10: CONTINUATION of a head that has ended", PROTOCOL_ERROR, client -> {
                    post(client, 1);
                    client.send(Http2Frames.CONTINUATION, 4, 1, Http2Frames.block("a", "b"));
                }),
                broken("8.1: a second head without an end", PROTOCOL_ERROR, client -> {
                    post(client, 1);
                    client.headers(1, Http2Frames.END_HEADERS, "x-last", "y");
                }),
                broken("8.1: a pseudo-header among trailers", PROTOCOL_ERROR, client -> {
                    post(client, 1);
                    client.headers(1, WHOLE, ":path", "/");
                }),
                broken("8.1.1: less body than is said", PROTOCOL_ERROR, client -> {
                    post(client, 1, "content-length", "3");
                    client.send(Http2Frames.DATA, 1, 1, new byte[1]);
                }),
                broken("8.1.1: more body than is said", PROTOCOL_ERROR, client -> {
                    post(client, 1, "content-length", "1");
                    client.send(Http2Frames.DATA, 0, 1, new byte[1]);
                    client.send(Http2Frames.DATA, 1, 1, new byte[1]);
                }),
                broken(
                        "RFC 7541, 2.3.3: an index of nothing",
                        COMPRESSION_ERROR,
                        client -> client.send(Http2Frames.HEADERS, WHOLE, 1, bytes(0x80))),
                broken(
                        "RFC 7541, 2.3.3: an index beyond the table",
                        COMPRESSION_ERROR,
                        client -> client.send(Http2Frames.HEADERS, WHOLE, 1, bytes(0xFF, 0x40))),
                broken(
                        "RFC 7541, 4.2: a new size of the table at the end of a head",
                        COMPRESSION_ERROR,
                        client -> client.send(
                                Http2Frames.HEADERS, WHOLE, 1, joined(Http2Frames.block(request("GET")), bytes(0x20)))),
                broken(
                        "RFC 7541, 5.2: padding of more than seven bits",
                        COMPRESSION_ERROR,
                        client -> client.send(
                                Http2Frames.HEADERS,
                                WHOLE,
                                1,
                                joined(Http2Frames.block(request("GET")), bytes(0, 0x82, 0xFF, 0xFF, 0)))),
                broken(
                        "RFC 7541, 5.2: padding that is not of ones",
                        COMPRESSION_ERROR,
                        client -> client.send(
                                Http2Frames.HEADERS,
                                WHOLE,
                                1,
                                joined(Http2Frames.block(request("GET")), bytes(0, 0x81, 0x18, 0)))),
                broken(
                        "RFC 7541, 6.3: a table larger than it may be",
                        COMPRESSION_ERROR,
                        client -> client.send(
                                Http2Frames.HEADERS,
                                WHOLE,
                                1,
                                joined(bytes(0x3F, 0xE1, 0xFF, 0x03), Http2Frames.block(request("GET"))))));
    }

    static List<Arguments> heads() {
        return List.of(
                malformed("a name in capitals", request("GET", "X-A", "b")),
                malformed("a pseudo-header nobody knows", request("GET", ":x", "b")),
                malformed("a pseudo-header of answers", request("GET", ":status", "200")),
                malformed(
                        "a pseudo-header after others",
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        "x-a",
                        "b",
                        ":path",
                        "/api/hello"),
                malformed("a header of a connection", request("GET", "connection", "keep-alive")),
                malformed("te that asks for more than trailers", request("GET", "te", "trailers, deflate")),
                malformed("no :method", ":scheme", "http", ":path", "/api/hello", ":authority", "hello.localhost"),
                malformed("no :scheme", ":method", "GET", ":path", "/api/hello", ":authority", "hello.localhost"),
                malformed("no :path", ":method", "GET", ":scheme", "http", ":authority", "hello.localhost"),
                malformed(
                        "an empty :path",
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":path",
                        "",
                        ":authority",
                        "hello.localhost"),
                malformed("two of :method", request("GET", ":method", "GET")),
                malformed("two of :scheme", request("GET", ":scheme", "http")),
                malformed("two of :path", request("GET", ":path", "/api/hello")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"frames", "heads"})
    void whatBreaksARuleEndsWithTheErrorOfThatRule(String rule, Set<Integer> errors, Sending sending) throws Exception {
        try (var client = new Http2Frames(edge.port)) {
            client.untilClosed(() -> sending.run(client));

            assertThat(error(client)).isIn(errors);
        }
    }

    /** With which a stream or the connection ended. */
    private static int error(Http2Frames client) throws IOException {
        while (true) {
            try {
                var frame = client.await(Set.of(Http2Frames.RST_STREAM, Http2Frames.GOAWAY));
                int code = frame.payload().getInt(frame.type() == Http2Frames.GOAWAY ? 4 : 0);
                if (code != 0) {
                    return code;
                }
            } catch (EOFException | SocketException end) {
                return -1;
            }
        }
    }

    static List<Arguments> unusual() {
        return List.of(
                served("4.1: a frame of an unknown kind", client -> client.send(0x16, 0xFF, 0, new byte[8])),
                served("4.1: flags that mean nothing", client -> client.send(Http2Frames.PING, 0x16, 0, new byte[8])),
                served(
                        "4.1: the reserved bit",
                        client -> client.send(Http2Frames.PING, 0, Integer.MIN_VALUE, new byte[8])),
                served("5.1: PRIORITY of an idle stream", client -> client.send(PRIORITY, 0, 5, new byte[5])),
                served(
                        "6.5: a setting nobody knows",
                        client -> client.send(Http2Frames.SETTINGS, 0, 0, setting(0xFF, 1))),
                served(
                        "6.5.3: two of one setting",
                        client -> client.send(Http2Frames.SETTINGS, 0, 0, joined(setting(4, 1), setting(4, 65_535)))),
                served(
                        "6.7: the answer to a PING nobody sent",
                        client -> client.send(Http2Frames.PING, ACK, 0, new byte[8])),
                served("6.9: RST_STREAM, WINDOW_UPDATE and PRIORITY of a stream that has ended", client -> {
                    post(client, 1);
                    client.send(Http2Frames.RST_STREAM, 0, 1, number(8));
                    client.send(WINDOW_UPDATE, 0, 1, number(9));
                    client.send(PRIORITY, 0, 1, new byte[5]);
                    client.send(Http2Frames.RST_STREAM, 0, 1, number(8));
                }));
    }

    private static Arguments served(String rule, Sending sending) {
        return Arguments.of(rule, sending);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unusual")
    void whatIsOnlyUnusualIsServed(String rule, Sending before) throws Exception {
        try (var client = new Http2Frames(edge.port)) {
            before.run(client);
            get(client, 7);

            assertThat(body(client, 7)).isEqualTo("ok");
        }
    }

    @Test
    void paddedFramesHeadsInPiecesAndTrailersAreOneRequest() throws Exception {
        try (var client = new Http2Frames(edge.port)) {
            var block = Http2Frames.block(request("POST", "content-length", "4"));
            int half = block.length / 2;
            var first = Arrays.copyOf(block, half);
            var rest = Arrays.copyOfRange(block, half, block.length);
            client.send(
                    Http2Frames.HEADERS,
                    PADDED | Http2Frames.PRIORITY,
                    1,
                    joined(bytes(3), new byte[5], first, new byte[3]));
            client.send(Http2Frames.CONTINUATION, 0, 1, new byte[0]);
            client.send(Http2Frames.CONTINUATION, Http2Frames.END_HEADERS, 1, rest);
            client.send(
                    Http2Frames.DATA,
                    PADDED,
                    1,
                    joined(bytes(2), "bo".getBytes(StandardCharsets.US_ASCII), new byte[2]));
            client.send(Http2Frames.DATA, 0, 1, "dy".getBytes(StandardCharsets.US_ASCII));
            client.headers(1, WHOLE, "x-last", "y");

            assertThat(body(client, 1)).isEqualTo("ok");
        }
    }

    @Test
    void aPingIsAnsweredInItsOwnWordsAndSettingsAreAcknowledged() throws Exception {
        try (var client = new Http2Frames(edge.port)) {
            client.send(Http2Frames.PING, 0, 0, "h2spec!!".getBytes(StandardCharsets.US_ASCII));
            var answers = Set.of(Http2Frames.PING, Http2Frames.SETTINGS);
            boolean acknowledged = false;
            var frame = client.await(answers);
            for (; frame.type() == Http2Frames.SETTINGS; frame = client.await(answers)) {
                acknowledged |= frame.flags() == ACK;
            }

            assertThat(acknowledged).isTrue();
            assertThat(frame.flags()).isEqualTo(ACK);
            assertThat(frame.payload().toString()).isEqualTo("h2spec!!");
        }
    }

    /** RFC 9113, section 6.9.2. */
    @Test
    void noMoreIsSentThanTheClientHasRoomFor() throws Exception {
        try (var client = new Http2Frames(edge.port)) {
            client.send(Http2Frames.SETTINGS, 0, 0, setting(4, 1));
            get(client, 1);
            var first = client.await(Http2Frames.DATA);
            client.send(WINDOW_UPDATE, 0, 1, number(1));
            var second = client.await(Http2Frames.DATA);

            assertThat(first.payload().toString() + second.payload()).isEqualTo("ok");
        }
    }

    /** Which was answered with 200. */
    private static String body(Http2Frames client, int stream) throws IOException {
        var body = new StringBuilder();
        while (true) {
            var frame = client.await(
                    Set.of(Http2Frames.HEADERS, Http2Frames.DATA, Http2Frames.RST_STREAM, Http2Frames.GOAWAY));
            assertThat(frame.type()).isIn(Http2Frames.HEADERS, Http2Frames.DATA);
            if (frame.stream() == stream && frame.type() == Http2Frames.HEADERS) {
                int first = (frame.flags() & Http2Frames.PRIORITY) == 0 ? 0 : 5;
                assertThat(frame.payload().getUnsignedByte(first)).isEqualTo((short) 0x88); // :status 200
            } else if (frame.stream() == stream) {
                body.append(frame.payload());
                if ((frame.flags() & Http2Frames.END_STREAM) != 0) {
                    return body.toString();
                }
            }
        }
    }
}
