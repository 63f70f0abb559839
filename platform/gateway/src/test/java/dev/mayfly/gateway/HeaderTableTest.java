package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Protocol;
import java.nio.file.Path;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The other side of a connection says that all heads may be remembered, and sees by their length which are. */
class HeaderTableTest {
    /** HEADER_TABLE_SIZE (RFC 9113, section 6.5.2), of 1 GiB. */
    private static final byte[] ENDLESS = H2cConversation.setting(1, 1 << 30);

    private static final String LONG = "x".repeat(8_000);

    @TempDir
    Path folder;

    @Test
    void anInstanceCannotHaveLongHeadersRemembered() throws Exception {
        var lengths = new CopyOnWriteArrayList<Integer>();
        ScriptedInstance.Script measuring = bytes -> {
            var conversation = new H2cConversation(bytes, ENDLESS);
            while (true) {
                var head = conversation.await(Http2Frames.HEADERS);
                lengths.add(head.payload().length());
                conversation.send(Http2Frames.SETTINGS, 0, 0, ENDLESS);
                conversation.answer(head.stream(), "ok");
            }
        };
        try (var edge = new TestEdge(folder, measuring, TestEdge.options(), GrpcCase.program(Protocol.H2C));
                var client = new Http2Frames(edge.port)) {
            for (int stream = 1; stream < 7; stream += 2) {
                request(client, stream, "x-long", LONG);
            }
        }

        // Huffman's code takes five bits at least for each.
        assertThat(lengths).hasSize(3).allMatch(length -> length > LONG.length() / 2);
    }

    @Test
    void norCanAClient() throws Exception {
        var answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: " + LONG + "\r\n\r\n";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(answer));
                var client = new Http2Frames(edge.port)) {
            client.send(Http2Frames.SETTINGS, 0, 0, ENDLESS);

            for (int stream = 1; stream < 7; stream += 2) {
                assertThat(request(client, stream, "x-short", "x")).isGreaterThan(LONG.length() / 2);
            }
        }
    }

    /** How long the head of the answer is. */
    private static int request(Http2Frames client, int stream, String name, String value) throws Exception {
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
                "/api/hello",
                name,
                value);
        return client.await(Http2Frames.HEADERS).payload().length();
    }
}
