package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: hello.localhost\r\nHost: evil.localhost\r\n",
                "Host: hello.localhost\r\nHost: hello.localhost\r\n",
                "host: hello.localhost\r\nX: y\r\nHOST:\r\n",
                "X: y\r\n",
            })
    void anUpgradeWithTwoHostsOrNoneIsRefusedAsAnyRequestIs(String hosts) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var answer = edge.raw(upgrade(hosts));

            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("Host: (expected: exactly one");
            assertThat(edge.engine.asked).isEmpty();
        }
    }

    @Test
    void soItIsWhereItComesByteByByte() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var client = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            client.setTcpNoDelay(true);
            client.setSoTimeout(20_000);
            for (byte each :
                    upgrade("Host: hello.localhost\r\nHost: evil.localhost\r\n").getBytes(StandardCharsets.US_ASCII)) {
                client.getOutputStream().write(each);
            }

            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .startsWith("HTTP/1.1 400 ");
            assertThat(edge.engine.asked).isEmpty();
        }
    }

    @Test
    void anUpgradeWithOneHostIsGranted() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK));
                var client = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            client.setSoTimeout(20_000);
            client.getOutputStream().write(upgrade("Host: hello.localhost\r\n").getBytes(StandardCharsets.US_ASCII));

            assertThat(new String(client.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1))
                    .isEqualTo("HTTP/1.1 101");
            await().until(() -> edge.instance.requests().size() == 1);
        }
    }

    @Test
    void behindAHeaderOfTheProxyProtocolItIsRefusedToo() throws Exception {
        var usual = TestEdge.options();
        var rules = new ClientRules(
                AddressRanges.parse("--x", "127.0.0.2"),
                AddressRanges.LOOPBACK,
                true,
                0,
                0,
                1000,
                100,
                TraceRules.PASSED_ON);
        var header = "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK), usual.with(rules));
                var client = new Socket(
                        InetAddress.ofLiteral("127.0.0.1"), edge.port, InetAddress.ofLiteral("127.0.0.2"), 0)) {
            client.setSoTimeout(20_000);
            client.getOutputStream()
                    .write((header + upgrade("Host: hello.localhost\r\nHost: evil.localhost\r\n"))
                            .getBytes(StandardCharsets.US_ASCII));

            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .startsWith("HTTP/1.1 400 ");
            assertThat(edge.engine.asked).isEmpty();
        }
    }

    private static String upgrade(String hosts) {
        return "GET /api/hello HTTP/1.1\r\n" + hosts
                + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
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
