package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes over the socket for calls from inside and is none, and callers that want too much. */
@Timeout(60)
class HostileInsideTest extends InsideCase {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "PROXY UNKNOWN\r\n",
                "PROXY TCP4 10.0.0.1 127.0.0.1 40000 PORT\r\n",
                "PROXY TCP4 127.0.0.1 127.0.0.1 40000 PORT\r\n",
                "PROXY TCP4 198.17.0.1 127.0.0.1 40000 PORT\r\n",
                "PROXY TCP4 198.20.0.1 127.0.0.1 40000 PORT\r\n",
                "PROXY TCP4 198.18.0.1 10.0.0.1 40000 PORT\r\n",
                "PROXY TCP4 198.18.0.256 127.0.0.1 40000 PORT\r\n",
                "PROXY TCP4 198.18.0.1 127.0.0.1 0 PORT\r\n",
                "PROXY TCP4 198.18.0.1 127.0.0.1 40000 0\r\n",
                "PROXY TCP4 198.18.0.1 127.0.0.1 40000 70000\r\n",
                "PROXY TCP4 198.18.0.1 127.0.0.1 40000\r\n",
                "PROXY TCP6 ::1 ::1 40000 PORT\r\n",
                "PROXY TCP6 ::ffff:198.18.0.1 ::ffff:127.0.0.1 40000 PORT\r\n",
                "PROXY UDP4 198.18.0.1 127.0.0.1 40000 PORT\r\n",
                "proxy tcp4 198.18.0.1 127.0.0.1 40000 PORT\r\n",
                "PROXY TCP4 198.18.0.1 127.0.0.1 40000 PORT\n",
                "\r\n\r\n\0\r\nQUIT\n \0\0\0",
                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            })
    void anythingButALineOfASandboxIsClosed(String line) throws Exception {
        var request = "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n";

        var answer = inside.raw(line.replace("PORT", Integer.toString(edge.port)) + request);

        assertThat(answer).isEmpty();
        assertThat(edge.engine.asked).isEmpty();
        assertThat(edge.managed).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "PROXY TCP4 198.18.0.1", "PROXY"})
    void aLineThatDoesNotComeIsNotWaitedForLongerThanAHead(String begun) throws Exception {
        assertThat(inside.raw(begun)).isEmpty();
        assertThat(edge.engine.asked).isEmpty();
    }

    @Test
    void aHeadThatDoesNotComeIsNotWaitedForEither() throws Exception {
        assertThat(inside.raw(InsideClient.line(InsideClient.ADDRESS, edge.port) + "GET / HT"))
                .isEmpty();
    }

    @Test
    void aLineWithoutAnEndIsClosed() throws Exception {
        assertThat(inside.raw("PROXY TCP4 " + "1".repeat(1 << 20))).isEmpty();
    }

    @Test
    void othersAreServedAfterGarbage() throws Exception {
        for (int i = 0; i < 50; i++) {
            inside.raw("garbage " + i + "\r\n\r\n");
        }

        assertThat(inside.get(edge.port, "hello.localhost", "/api/hello")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void oneInstanceCannotTakeAllConnections() throws Exception {
        var line = InsideClient.line(InsideClient.ADDRESS, edge.port);
        var request = "GET /page.html HTTP/1.1\r\nHost: hello.localhost\r\n\r\n";
        try (var held = new Held()) {
            for (int i = 0; i < InsideCallers.MOST_CONNECTIONS; i++) {
                assertThat(held.open(socket, line + request)).startsWith("HTTP/1.1 200 ");
            }

            var oneMore = inside.get(edge.port, "hello.localhost", "/page.html");
            var anothers = inside.raw(InsideClient.line("198.18.3.5", edge.port)
                    + "GET /page.html HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n");

            assertThat(oneMore).isEmpty();
            assertThat(anothers).startsWith("HTTP/1.1 200 ");
        }
        await().untilAsserted(() -> assertThat(inside.get(edge.port, "hello.localhost", "/page.html"))
                .startsWith("HTTP/1.1 200 "));
    }

    /** Connections that stay open. */
    private static final class Held implements AutoCloseable {
        private final List<SocketChannel> channels = new ArrayList<>();

        /** The first bytes of the answer to {@code bytes}. */
        String open(Path socket, String bytes) throws IOException {
            var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            channels.add(channel);
            channel.write(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
            var in = ByteBuffer.allocate(4096);
            channel.read(in);
            return new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
        }

        @Override
        public void close() throws IOException {
            for (var channel : channels) {
                channel.close();
            }
        }
    }
}
