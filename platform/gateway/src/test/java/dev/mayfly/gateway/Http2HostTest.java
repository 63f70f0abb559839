package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a request of HTTP/2 says which host it wants (RFC 9113, section 8.3.1). */
class Http2HostTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder = Path.of("");

    @Test
    void aHostAloneIsEnough() throws Exception {
        assertThat(seen("host", "hello.localhost"))
                .singleElement()
                .asString()
                .containsIgnoringCase("\r\nhost: hello.localhost\r\n")
                .contains("x-forwarded-host: hello.localhost\r\n");
    }

    @Test
    void ofTwoHostsOneIsNeverSeen() throws Exception {
        assertThat(seen("host", "hello.localhost", "host", "evil.localhost"))
                .allSatisfy(head -> assertThat(head).doesNotContain("evil"));
    }

    @ParameterizedTest
    @CsvSource({"host, a b, x, y", "x, y, z, a", "host, '', x, y"})
    void noHostOrNonsenseIsRefused(String first, String value, String second, String other) throws Exception {
        assertThat(seen(first, value, second, other)).isEmpty();
    }

    /** What the function got of a request with these headers and without an authority, which a plain one follows. */
    private List<String> seen(String... headers) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var client = new Http2Frames(edge.port)) {
            var head = new ArrayList<>(List.of(":method", "GET", ":scheme", "http", ":path", "/api/hello"));
            head.addAll(List.of(headers));
            client.headers(1, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, head.toArray(String[]::new));
            client.await(Set.of(Http2Frames.HEADERS, Http2Frames.RST_STREAM, Http2Frames.GOAWAY));
            return List.copyOf(edge.instance.requests());
        }
    }
}
