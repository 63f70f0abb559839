package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections that become a WebSocket's: what both sides say then is theirs. */
@Timeout(60)
class WebSocketTest {
    private static final String SWITCHED = String.join(
            "\r\n",
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Sec-WebSocket-Protocol: chat",
            "",
            "");

    @TempDir
    Path folder;

    /** Answers every byte with itself. */
    private static ScriptedInstance.Script echo() {
        return conversation -> {
            conversation.readHead();
            conversation.write(SWITCHED);
            for (int next = conversation.read(); next >= 0; next = conversation.read()) {
                conversation.write(Character.toString(next));
            }
        };
    }

    private static Socket asked(TestEdge edge) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port);
        socket.setSoTimeout(20_000);
        say(
                socket,
                "GET /api/hello HTTP/1.1\r\nHost: hello.localhost:" + edge.port
                        + "\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String head(Socket socket) throws IOException {
        var in = new DataInputStream(socket.getInputStream());
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    @Test
    void bothSidesHearEachOther() throws Exception {
        try (var edge = new TestEdge(folder, echo())) {
            try (var socket = asked(edge)) {
                assertThat(head(socket))
                        .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
                        .containsIgnoringCase("upgrade: websocket\r\n")
                        .containsIgnoringCase("connection: Upgrade\r\n")
                        .containsIgnoringCase("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
                        .containsIgnoringCase("sec-websocket-protocol: chat\r\n")
                        .doesNotContainIgnoringCase("sec-websocket-extensions")
                        .doesNotContainIgnoringCase("content-length")
                        .doesNotContainIgnoringCase("transfer-encoding");
                say(socket, "hello");
                assertThat(new String(socket.getInputStream().readNBytes(5), StandardCharsets.ISO_8859_1))
                        .isEqualTo("hello");
                assertThat(edge.engine.ended).isEmpty();
            }
            await().untilAsserted(() ->
                    assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 101, 5, 5)));
            assertThat(edge.instance.open()).isZero();
            assertThat(edge.instance.requests().getFirst())
                    .startsWith("GET /api/hello HTTP/1.1\r\n")
                    .containsIgnoringCase("upgrade: websocket\r\n")
                    .containsIgnoringCase("connection: Upgrade\r\n")
                    .containsIgnoringCase("sec-websocket-extensions: permessage-deflate\r\n")
                    .containsIgnoringCase("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                    .doesNotContain("6.6.6.6");
        }
    }

    @Test
    void whoDoesNotWantItAnswersAsEver() throws Exception {
        var no = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(no));
                var socket = asked(edge)) {
            assertThat(head(socket)).startsWith("HTTP/1.1 403 Forbidden\r\n");
            await().untilAsserted(() ->
                    assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 403, 0, 2)));
            await("nobody waits for the other protocol").until(() -> edge.instance.open() == 0);
        }
    }

    @Test
    void theFunctionsEndIsTheClients() throws Exception {
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            conversation.write(SWITCHED + "bye");
        };
        try (var edge = new TestEdge(folder, script);
                var socket = asked(edge)) {
            head(socket);

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .isEqualTo("bye");
            await().untilAsserted(() ->
                    assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 101, 0, 3)));
        }
    }

    @Test
    void anInstanceThatKeepsNoConnectionIsAskedInTheSameWords() throws Exception {
        try (var edge = new TestEdge(folder, echo())) {
            edge.engine.keepAlive = false;
            try (var socket = asked(edge)) {
                assertThat(head(socket)).startsWith("HTTP/1.1 101 ");
            }
            await().until(() -> edge.instance.open() == 0);
            assertThat(edge.instance.requests().getFirst())
                    .containsIgnoringCase("\r\nconnection: upgrade\r\n")
                    .doesNotContainIgnoringCase("connection: close");
        }
    }

    @Test
    void allThatWasSaidBeforeTheEndIsHeardByWhoReadsSlowly() throws Exception {
        var piece = "x".repeat(64 * 1024);
        ScriptedInstance.Script much = conversation -> {
            conversation.readHead();
            conversation.write(SWITCHED);
            for (int i = 0; i < 256; i++) {
                conversation.write(piece);
            }
        };
        try (var edge = new TestEdge(folder, much);
                var socket = asked(edge)) {
            head(socket);
            var in = socket.getInputStream();
            long heard = 0;
            for (int got = in.read(new byte[4096]); got >= 0; got = in.read(new byte[256 * 1024])) {
                heard += got;
            }

            assertThat(heard).isEqualTo(256L * piece.length());
        }
    }

    @Test
    void connectionsFromInsideAreGivenBackWhenTheirTunnelsEnd() throws Exception {
        var place = folder.resolve("inside.sock");
        try (var edge = new TestEdge(folder, echo())) {
            edge.gateway.listenInside(place, Optional.empty());
            var request = InsideClient.line(InsideClient.ADDRESS, edge.port)
                    + "GET /api/hello HTTP/1.1\r\nHost: hello.localhost:" + edge.port
                    + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
            for (int i = 0; i < InsideCallers.MOST_CONNECTIONS + 10; i++) {
                try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(place))) {
                    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
                    var begin = ByteBuffer.allocate("HTTP/1.1 101".length());
                    while (begin.hasRemaining() && channel.read(begin) >= 0) {}
                    assertThat(new String(begin.array(), StandardCharsets.US_ASCII))
                            .as("connection %d", i)
                            .isEqualTo("HTTP/1.1 101");
                }
            }
        }
    }

    @Test
    void itEndsWhenTheEngineSaysSo() throws Exception {
        try (var edge = new TestEdge(folder, echo());
                var socket = asked(edge)) {
            head(socket);
            say(socket, "hello");
            assertThat(socket.getInputStream().readNBytes(5)).hasSize(5);

            edge.engine.given.getFirst().abort(new Problem(ErrorCode.FUNCTION_TIMEOUT, "too long", ""));

            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
            await().until(() -> edge.instance.open() == 0);
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.TIMEOUT, 101, 5, 5));
        }
    }

    @Test
    void whoReadsNothingIsSentNoMoreThanHasRoom() throws Exception {
        var written = new AtomicLong();
        ScriptedInstance.Script flood = conversation -> {
            conversation.readHead();
            conversation.write(SWITCHED);
            var piece = "x".repeat(64 * 1024);
            while (true) {
                conversation.write(piece);
                written.addAndGet(piece.length());
            }
        };
        try (var edge = new TestEdge(folder, flood);
                var socket = asked(edge)) {
            head(socket);
            var last = new AtomicLong(-1);

            await().until(() -> last.getAndSet(written.get()) == written.get() && written.get() > 0);

            assertThat(written.get()).isLessThan(30_000_000);
        }
    }

    @Test
    void aConnectionResetByTheClientEndsIt() throws Exception {
        try (var edge = new TestEdge(folder, echo())) {
            var socket = asked(edge);
            head(socket);
            socket.setSoLinger(true, 0);
            socket.close();

            await().until(() -> edge.instance.open() == 0 && edge.engine.ended.size() == 1);
        }
    }

    @Test
    void connectIsNotOffered() throws Exception {
        try (var edge = new TestEdge(folder, echo())) {
            var answer = TestEdge.raw(
                    edge.port,
                    "CONNECT hello.localhost:" + edge.port + " HTTP/1.1\r\nHost: hello.localhost:" + edge.port
                            + "\r\nConnection: close\r\n\r\n");

            assertThat(answer).startsWith("HTTP/1.1 501 ").contains("CONNECT");
            assertThat(edge.instance.requests()).isEmpty();
        } catch (SocketException e) {
            throw new AssertionError("no answer", e);
        }
    }
}
