package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener for a balancer that says in front of each connection whose it is. */
class ProxyProtocolTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
    private static final AddressRanges BALANCER = AddressRanges.parse("--x", "127.0.0.2");

    @TempDir
    Path folder = Path.of("");

    private TestEdge edge(AddressRanges trusted, AddressRanges own, int ofOne) throws IOException {
        var usual = TestEdge.options();
        var rules = new ClientRules(trusted, own, true, ofOne, 0, 1000, 100, TraceRules.PASSED_ON);
        var options = new GatewayOptions(
                        usual.hosts(), usual.maxHeadBytes(), usual.maxLineBytes(), 300, usual.idleMillis(), 1)
                .with(rules);
        return new TestEdge(folder, ScriptedInstance.always(OK), options);
    }

    @Test
    void theClientIsWhoTheHeaderOfVersion1Names() throws Exception {
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 0)) {
            var answer = send(edge, "127.0.0.2", "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n" + request(edge));
            var six = send(edge, "127.0.0.2", "PROXY TCP6 2001:DB8::7 2001:db8::1 56324 443\r\n" + request(edge));

            assertThat(answer).startsWith("HTTP/1.1 200 ");
            assertThat(six).startsWith("HTTP/1.1 200 ");
            assertThat(edge.instance.requests().getFirst())
                    .contains("x-forwarded-for: 203.0.113.7\r\n", "x-real-ip: 203.0.113.7\r\n");
            assertThat(edge.instance.requests().getLast()).contains("x-forwarded-for: 2001:db8::7\r\n");
        }
    }

    @Test
    void theClientIsWhoTheHeaderOfVersion2Names() throws Exception {
        var header = ByteBuffer.allocate(28)
                .put(SIGNATURE.getBytes(StandardCharsets.ISO_8859_1))
                .put(new byte[] {0x21, 0x11, 0, 12, (byte) 203, 0, 113, 7, (byte) 192, 0, 2, 1, 0x10, 0, 1, (byte) 187
                });
        var text = new String(header.array(), StandardCharsets.ISO_8859_1);
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 0)) {
            assertThat(send(edge, "127.0.0.2", text + request(edge))).startsWith("HTTP/1.1 200 ");
            assertThat(edge.instance.requests().getFirst()).contains("x-forwarded-for: 203.0.113.7\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PROXY UNKNOWN\r\n", SIGNATURE + " \0\0\0"})
    void aBalancerThatLooksWhetherThisServerLivesIsItself(String header) throws Exception {
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 0)) {
            assertThat(send(edge, "127.0.0.2", header + request(edge))).startsWith("HTTP/1.1 200 ");
            assertThat(edge.instance.requests().getFirst()).contains("x-forwarded-for: 127.0.0.2\r\n");
        }
    }

    @Test
    void aProxyBeforeTheBalancerIsBelievedIfItIsTrustedToo() throws Exception {
        var both = AddressRanges.parse("--x", "127.0.0.2,198.51.100.0/24");
        var said = "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n"
                .concat("Connection: close\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n\r\n");
        try (var edge = edge(both, AddressRanges.LOOPBACK, 0)) {
            send(edge, "127.0.0.2", "PROXY TCP4 198.51.100.1 192.0.2.1 56324 443\r\n" + said);
            send(edge, "127.0.0.2", "PROXY TCP4 192.0.2.99 192.0.2.1 56324 443\r\n" + said);

            assertThat(edge.instance.requests().getFirst()).contains("x-forwarded-for: 203.0.113.7, 198.51.100.1\r\n");
            assertThat(edge.instance.requests().getLast()).contains("x-forwarded-for: 192.0.2.99\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "PROXY TCP4 203.0.113.7",
                "PROXY TCP4 203.0.113.7 192.0.2.1 56324 99999\r\n",
                "PROXY TCP4 999.0.113.7 192.0.2.1 56324 443\r\n",
                "PROXY UDP4 203.0.113.7 192.0.2.1 56324 443\r\n",
                "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                SIGNATURE,
                SIGNATURE + "1\u0011\0\f............",
                SIGNATURE + "!\u0012\0\f............",
                "nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense\r\n",
            })
    void aBalancerThatSaysNothingOrNonsenseIsCutOff(String header) throws Exception {
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 0)) {
            var answer = send(edge, "127.0.0.2", header);

            assertThat(answer).isEmpty();
            assertThat(edge.instance.requests()).isEmpty();
        }
    }

    /** Whatever stands there: a request that gets through is one client's, by its address alone. */
    @Test
    void headersThatAreNearlyGood() throws Exception {
        var version2 = SIGNATURE + "!\u0011\0\f\u00cb\0q\u0007\u00c0\0\u0002\u0001\u0010\0\u0001\u00bb";
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 0)) {
            Noise.rounds(20261127, 600, noise -> {
                var header = noise.like(
                        "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n",
                        "PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n",
                        "PROXY UNKNOWN\r\n",
                        SIGNATURE + " \0\0\0",
                        version2);
                int before = edge.instance.requests().size();
                send(edge, "127.0.0.2", header + request(edge));
                var seen = edge.instance.requests();
                assertThat(seen.size() - before).isLessThanOrEqualTo(1);
                if (seen.size() > before) {
                    var head = seen.getLast();
                    var address = head.replaceFirst("(?s).*\r\nx-forwarded-for: (\\S+)\r\n.*", "$1");
                    assertThat(IpAddress.parse(address)).as(head).isNotNull();
                    if (header.startsWith("PROXY TCP")) {
                        assertThat(IpAddress.parse(header.split(" ", -1)[2])).isEqualTo(IpAddress.parse(address));
                    }
                }
            });
            assertThat(edge.instance.requests().size())
                    .as("how many got through")
                    .isBetween(150, 599);
        }
    }

    @Test
    void withoutTrustedProxiesEverybodyBeginsWithAHeader() throws Exception {
        try (var edge = edge(AddressRanges.NONE, AddressRanges.LOOPBACK, 0)) {
            assertThat(send(edge, "127.0.0.1", request(edge))).isEmpty();
            assertThat(send(edge, "127.0.0.1", "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n" + request(edge)))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void thisMachineItselfNeedsNoneAndIsNotBelievedWithOne() throws Exception {
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 0)) {
            assertThat(send(edge, "127.0.0.1", request(edge))).startsWith("HTTP/1.1 200 ");
            assertThat(send(edge, "127.0.0.1", "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n" + request(edge)))
                    .doesNotContain(" 200 ");
            assertThat(edge.instance.requests()).singleElement().asString().contains("x-forwarded-for: 127.0.0.1\r\n");
        }
    }

    @Test
    void othersAreClosedWithoutAWord() throws Exception {
        try (var edge = edge(BALANCER, AddressRanges.NONE, 0)) {
            assertThat(send(edge, "127.0.0.3", "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n" + request(edge)))
                    .isEmpty();
            assertThat(send(edge, "127.0.0.3", request(edge))).isEmpty();
            assertThat(edge.instance.requests()).isEmpty();
        }
    }

    @Test
    void clientsBehindTheBalancerAreCountedOneByOne() throws Exception {
        var held =
                "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\nGET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n";
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 1);
                var first = connected(edge, "127.0.0.2")) {
            first.getOutputStream().write(held.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(ProxyTest.readUntil(first, "ok")).endsWith("ok");

            assertThat(send(edge, "127.0.0.2", "PROXY TCP4 203.0.113.7 192.0.2.1 56325 443\r\n" + request(edge)))
                    .startsWith("HTTP/1.1 429 ")
                    .contains("too_many_requests");
            assertThat(send(edge, "127.0.0.2", "PROXY TCP4 203.0.113.8 192.0.2.1 56325 443\r\n" + request(edge)))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aPortThatAProxyNamesLeadsNotToTheManagementApi() throws Exception {
        var ask = "GET /x HTTP/1.1\r\nHost: localhost:443\r\nConnection: close\r\n\r\n";
        try (var edge = edge(BALANCER, AddressRanges.LOOPBACK, 0)) {
            assertThat(send(edge, "127.0.0.2", "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n" + ask))
                    .startsWith("HTTP/1.1 404 ");
            assertThat(edge.managed).isEmpty();
        }
    }

    private static String request(TestEdge edge) {
        return "GET /api/hello HTTP/1.1\r\nHost: hello.localhost:" + edge.port + "\r\nConnection: close\r\n\r\n";
    }

    private static Socket connected(TestEdge edge, String from) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(20_000);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), edge.port));
        return socket;
    }

    private static String send(TestEdge edge, String from, String bytes) throws IOException {
        try (var socket = connected(edge, from)) {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException reset) {
            return ""; // closed while bytes were on their way
        }
    }
}
