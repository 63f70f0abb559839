package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of HTTP/2 that make much work with little of their own. Whatever they do costs them their connection, and nobody else anything. */
@Timeout(120)
class HostileHttp2Test {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final int MANY = 20_000;

    @TempDir
    Path folder;

    private interface Attack {
        void run(Http2Frames client, String authority) throws IOException;
    }

    /** What the connection ends with. */
    private int endOf(Attack attack) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            int code;
            try (var client = new Http2Frames(edge.port)) {
                client.untilClosed(() -> attack.run(client, "hello.localhost:" + edge.port));
                code = client.awaitEnd();
            }
            assertThat(edge.get("/api/hello")).endsWith("\r\n\r\nok");
            await().until(() -> edge.engine.over() == edge.engine.asked.size());
            return code;
        }
    }

    private static String[] get(String authority, String path) {
        return new String[] {":method", "GET", ":scheme", "http", ":path", path, ":authority", authority};
    }

    private static byte[] upgrade(TestEdge edge, String more) {
        return ("POST /api/hello HTTP/1.1\r\nHost: hello.localhost:" + edge.port
                        + "\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
                        + more
                        + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void aBodyThatCameWithAnUpgradeWaitsWhereItIs() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var client = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), edge.port))) {
            var granted = new AtomicBoolean();
            edge.engine.grantOnce(granted::get, edge.instance.path().toString());
            client.write(ByteBuffer.wrap(upgrade(edge, "Transfer-Encoding: chunked\r\n")));
            await().until(() -> edge.engine.asked.size() == 1);

            client.configureBlocking(false);
            var chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            var rest = ByteBuffer.wrap(chunk);
            long most = 64 << 20;
            long taken = 0;
            for (int idle = 0; idle < 30 && taken < most; ) {
                if (!rest.hasRemaining()) {
                    rest.clear();
                }
                int got = client.write(rest);
                taken += got;
                if (got == 0) {
                    idle++;
                    Thread.sleep(100);
                } else {
                    idle = 0;
                }
            }

            assertThat(taken).isLessThan(most);
            granted.set(true);
        }
    }

    @Test
    void aLongBodyThatCameWithAnUpgradeIsPassedOnWhole() throws Exception {
        var body = "beginning" + "x".repeat(150_000) + "end";
        var bodies = new LinkedBlockingQueue<String>();
        ScriptedInstance.Script reading = conversation -> {
            conversation.readHead();
            bodies.add(conversation.readBody(body.length()));
            conversation.write(OK);
        };
        try (var edge = new TestEdge(folder, reading);
                var client = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            var granted = new AtomicBoolean();
            edge.engine.grantOnce(granted::get, edge.instance.path().toString());
            var out = new ByteArrayOutputStream();
            out.write(upgrade(edge, "Content-Length: " + body.length() + "\r\n"));
            out.write(body.getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().write(out.toByteArray());
            await().until(() -> edge.engine.asked.size() == 1);
            granted.set(true);

            assertThat(bodies.poll(30, TimeUnit.SECONDS)).isEqualTo(body);
        }
    }

    @Test
    void beginningAndLeavingAgainAndAgain() throws Exception {
        int code = endOf((client, authority) -> {
            for (int i = 0; i < MANY; i++) {
                client.headers(
                        2 * i + 1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, get(authority, "/api/hello"));
                client.send(
                        Http2Frames.RST_STREAM,
                        0,
                        2 * i + 1,
                        ByteBuffer.allocate(4).putInt(8).array());
            }
        });

        assertThat(code).isIn(ENHANCE_YOUR_CALM, -1); // -1: it sent on when it should have read that
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "1000"})
    void aHeadWithoutEnd(int length) throws Exception {
        int code = endOf((client, authority) -> {
            client.headers(1, Http2Frames.END_STREAM, get(authority, "/api/hello"));
            for (int i = 0; i < MANY; i++) {
                client.send(Http2Frames.CONTINUATION, 0, 1, length == 0 ? new byte[0] : piece(length));
            }
        });

        assertThat(code).isNotZero();
    }

    /** So many bytes of a head. */
    private static byte[] piece(int length) throws IOException {
        return length < 10 ? Http2Frames.block("a", "") : Http2Frames.block("a", "x".repeat(length - 5));
    }

    @Test
    void aLargeHeadMadeOfASmallOne() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var client = new Http2Frames(edge.port)) {
            var bomb = ByteBuffer.allocate(16_000);
            bomb.put(Http2Frames.block(get("hello.localhost:" + edge.port, "/api/hello")));
            bomb.put((byte) 0x40); // into the table
            var entry = Http2Frames.block("a", "x".repeat(3000));
            bomb.put(entry, 1, entry.length - 1);
            while (bomb.hasRemaining()) {
                bomb.put((byte) 0xBE); // that entry once more
            }

            client.send(Http2Frames.HEADERS, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, 1, bomb.array());

            assertThat(client.await(Http2Frames.RST_STREAM).stream()).isEqualTo(1);
            assertThat(edge.engine.asked).isEmpty();
            client.headers(
                    3,
                    Http2Frames.END_HEADERS | Http2Frames.END_STREAM,
                    get("hello.localhost:" + edge.port, "/api/hello"));
            assertThat(client.await(Http2Frames.DATA).stream()).isEqualTo(3);
        }
    }

    @Test
    void dataWithoutData() throws Exception {
        int code = endOf((client, authority) -> {
            client.headers(1, Http2Frames.END_HEADERS, get(authority, "/api/hello"));
            for (int i = 0; i < MANY; i++) {
                client.send(Http2Frames.DATA, 0, 1, new byte[0]);
            }
        });

        assertThat(code).isIn(ENHANCE_YOUR_CALM, -1);
    }

    @Test
    void questionsWhoseAnswersNobodyReads() throws Exception {
        int code = endOf((client, authority) -> {
            for (int i = 0; i < 100 * MANY; i++) {
                client.send(Http2Frames.PING, 0, 0, new byte[8]);
            }
        });

        assertThat(code).isIn(ENHANCE_YOUR_CALM, -1);
    }

    /** Whether a request was answered with 400 or 404, or its stream or connection ended. */
    private static boolean refusal(Http2Frames client) throws IOException {
        try {
            var answer = client.await(Set.of(Http2Frames.RST_STREAM, Http2Frames.HEADERS, Http2Frames.GOAWAY));
            int status = answer.payload()
                    .getUnsignedByte(
                            (answer.flags() & Http2Frames.PRIORITY) != 0 ? 5 : 0); // 0x8C and 0x8D in the static table
            return answer.type() != Http2Frames.HEADERS || status == 0x8C || status == 0x8D;
        } catch (EOFException end) {
            return true;
        }
    }

    /** Each becomes another request, or two, where it is written as HTTP/1.1 without a look. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                ":method|GET /api/hello HTTP/1.1\\r\\nX: y",
                ":method|GE T",
                ":path|/api/hello HTTP/1.1\\r\\nHost: other\\r\\n\\r\\nGET /smuggled",
                ":path|/api/hello x",
                ":path|/api/hello\\nx",
                ":path|",
                ":authority|hello.localhost\\r\\nX: y",
                ":authority|user@hello.localhost",
                ":authority|",
                ":scheme|http\\r\\nX: y",
                "x|y\\r\\n\\r\\nGET /smuggled HTTP/1.1",
                "x\\r\\ny|z",
                "x: y|z",
                "X|upper case",
                "|no name",
                "transfer-encoding|chunked",
                "connection|content-length",
                "content-length|5",
                ":unknown|z",
            })
    void whatIsNoRequestOfHttp11IsNone(String name, String value) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var client = new Http2Frames(edge.port)) {
            var pairs = new ArrayList<>(List.of(get("hello.localhost:" + edge.port, "/api/hello")));
            var bytes = value == null ? "" : value.translateEscapes();
            int at = pairs.indexOf(name);
            if (at >= 0) {
                pairs.set(at + 1, bytes);
            } else {
                pairs.addAll(List.of(name == null ? "" : name.translateEscapes(), bytes));
            }

            client.headers(1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, pairs.toArray(String[]::new));

            assertThat(refusal(client)).isTrue();
            assertThat(edge.instance.requests()).isEmpty();
            assertThat(edge.engine.asked).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"})
    void aBeginningWithoutARequestIsCutOff(String beginning) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK), hasty())) {
            TestEdge.raw(edge.port, beginning); // returns when the other side has closed
        }
    }

    @Test
    void aConnectionIsIdleOnlyWhenNoneOfItsRequestsRuns() throws Exception {
        var answered = new CountDownLatch(1);
        ScriptedInstance.Script slow = conversation -> {
            conversation.readHead();
            try {
                answered.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            conversation.write(OK);
        };
        try (var edge = new TestEdge(folder, slow, hasty());
                var client = new Http2Frames(edge.port)) {
            var head = get("hello.localhost:" + edge.port, "/api/hello");
            client.headers(1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, head);
            await().until(() -> edge.instance.requests().size() == 1);
            head[5] = "/page.html";
            client.headers(3, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, head);
            awaitData(client, 3);
            TestEdge.raw(edge.port, ""); // cut off as idle, so the deadlines have passed
            answered.countDown();

            awaitData(client, 1);
            client.awaitEnd();
        }
    }

    private static void awaitData(Http2Frames client, int stream) throws IOException {
        while (client.await(Http2Frames.DATA).stream() != stream) {
            // of another one
        }
    }

    private static GatewayOptions hasty() {
        var options = TestEdge.options();
        return new GatewayOptions(options.hosts(), options.maxHeadBytes(), options.maxLineBytes(), 200, 200, 1);
    }
}
