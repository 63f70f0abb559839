package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Admission;
import dev.mayfly.engine.Caller;
import dev.mayfly.engine.InvocationRequest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What code in an instance finds at the port where the platform speaks TLS. */
@Timeout(60)
class InsideTlsTest {
    private static final Certificates CERTIFICATES = TestCertificates.all("*.localhost", "shop.example");

    /** In hex: what is no ClientHello, or a broken one. */
    private static final List<String> NO_HANDSHAKES = List.of(
            "474554202f6170692f68656c6c6f20485454502f312e310d0a486f73743a2068656c6c6f2e6c6f63616c686f73740d0a0d0a",
            "00000000000000000000000000000000",
            "1603010000",
            "160301ffff0100fffb0303",
            "16030100050100000100",
            "1503030002022a",
            "1703030005aaaaaaaaaa",
            "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a",
            "50524f58592054435034203139382e31382e302e39203132372e302e302e3120343030303020373037300d0a");

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    private final ConcurrentLinkedQueue<String> uncertified = new ConcurrentLinkedQueue<>();
    private Path here;
    private Path socket;
    private TestEdge edge;
    private InsideCarrier carrier;
    private int port;

    @BeforeEach
    void open() throws Exception {
        open(15_000);
    }

    private void open(long firstHeadMillis) throws Exception {
        var defaults = TestEdge.options();
        here = Files.createTempDirectory(folder, "");
        socket = here.resolve("inside-tls.sock");
        edge = new TestEdge(
                here,
                ScriptedInstance.always(OK),
                new GatewayOptions(
                                new Hosts("localhost", Optional.of("admin.example.org")),
                                defaults.maxHeadBytes(),
                                defaults.maxLineBytes(),
                                firstHeadMillis,
                                defaults.idleMillis(),
                                defaults.eventLoops())
                        .with(new EdgeSecurity(false, 0, true)));
        var challenges = new Challenges();
        challenges.tell(uncertified::add);
        edge.gateway.prove(challenges);
        port = edge.ports.reserve(edge.snapshot);
        edge.gateway.listenTls("127.0.0.1", port, CERTIFICATES);
        edge.gateway.listenInside(here.resolve("inside.sock"), Optional.empty());
        edge.gateway.listenInsideTls(socket, Optional.empty(), CERTIFICATES);
        carrier = new InsideCarrier(socket, port);
    }

    @AfterEach
    void close() throws Exception {
        carrier.close();
        edge.close();
        assertThat(here.resolve("inside.sock")).doesNotExist();
        assertThat(socket).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
    void aFunctionAnswersByWhatIsAgreedOnAndKnowsWhoCalls(HttpVersion version) throws Exception {
        assertThat(ask(version, "hello.localhost:" + port, "/api/hello")).isEqualTo(new Answer(version, 200, "ok"));

        assertThat(edge.engine.asked)
                .singleElement()
                .extracting(InvocationRequest::path, InvocationRequest::caller)
                .containsExactly("/api/hello", new Caller.Inside(InsideClient.ADDRESS));
        assertThat(edge.instance.requests().getFirst())
                .contains(
                        "x-forwarded-for: 198.18.3.4\r\n",
                        "x-forwarded-proto: https\r\n",
                        "x-forwarded-port: " + port + "\r\n");
    }

    @Test
    void eachNameIsShownTheCertificateThatItIsShownOutside() throws Exception {
        assertThat(TlsClient.shown(reached(), "hello.localhost")).isEqualTo("CN=*.localhost");
        assertThat(TlsClient.shown(reached(), "shop.example")).isEqualTo("CN=shop.example");
        assertThat(TlsClient.shown(reached(), "other.example")).isEqualTo("CN=*.localhost");
    }

    @Test
    void newCertificatesAreShownToConnectionsThatBeginAndOthersGoOn() throws Exception {
        try (var kept = TlsClient.connect(reached(), "hello.localhost")) {
            assertThat(TlsClient.keptAnswer(kept)).isEqualTo("HTTP/1.1 200 OK");
            for (int i = 0; i < 2; i++) {
                edge.gateway.show(TestCertificates.all("*.localhost", "n" + i + ".example"));
                assertThat(TlsClient.shown(reached(), "n" + i + ".example")).isEqualTo("CN=n" + i + ".example");
                assertThat(TlsClient.keptAnswer(kept)).isEqualTo("HTTP/1.1 200 OK");
            }
        }
    }

    @Test
    void aNameWithoutACertificateIsNoticedAsItIsOutside() throws Exception {
        TlsClient.shown(reached(), "hello--aaaaaaaaaa.another");

        assertThat(uncertified).containsOnly("hello--aaaaaaaaaa.another");
    }

    @Test
    void theManagementApiRefusesByEveryNameItHas() throws Exception {
        for (var version : List.of(HttpVersion.HTTP_1_1, HttpVersion.HTTP_2)) {
            for (var host :
                    List.of("127.0.0.1:" + port, "localhost:" + port, "admin.example.org", "admin.example.org:1")) {
                var answer = ask(version, host, "/mayfly/v1/projects");

                assertThat(answer.status()).as(host).isEqualTo(403);
                assertThat(answer.body()).contains("\"code\":\"forbidden\"", "does not answer from inside a function");
            }
        }
        assertThat(edge.managed).isEmpty();
    }

    @Test
    void aChainThatIsTooLongIs508() throws Exception {
        var problem = new Problem(ErrorCode.CALL_LOOP, "api/hello was called at the end of a chain", "--call-depth 17");
        edge.engine.answer = self -> new Admission.Refused(new InvocationId(0x77), problem, 0);

        var answer = ask(HttpVersion.HTTP_2, "hello.localhost:" + port, "/api/hello");

        assertThat(answer.status()).isEqualTo(508);
        assertThat(answer.body()).contains("call_loop");
        assertThat(edge.instance.connections()).isZero();
    }

    @Test
    void clearTextIsLedToTlsAsItIsOutside() throws Exception {
        int plain = edge.ports.reserve(edge.snapshot);
        edge.gateway.listenRedirecting("127.0.0.1", plain, port);
        var inside = new InsideClient(here.resolve("inside.sock"));

        assertThat(inside.get(plain, "hello.localhost:" + plain, "/api/hello?a=b"))
                .startsWith("HTTP/1.1 308 ")
                .containsIgnoringCase("location: https://hello.localhost:" + port + "/api/hello?a=b\r\n");
        assertThat(inside.get(plain, "evil.example", "/"))
                .startsWith("HTTP/1.1 404 ")
                .doesNotContainIgnoringCase("location:");
        assertThat(edge.engine.asked).isEmpty();
    }

    @Test
    void whatIsNoHandshakeOfASandboxIsClosedAndOthersAreServed() throws Exception {
        close();
        open(2_000); // so long it may be the beginning of one
        var line = InsideClient.line(InsideClient.ADDRESS, port);
        var all = new ArrayList<>(
                List.of("", "PROXY TCP4 10.0.0.1 127.0.0.1 40000 " + port + "\r\n", "PROXY TCP4 198.18"));
        for (var bytes : NO_HANDSHAKES) {
            all.add(line + new String(HexFormat.of().parseHex(bytes), StandardCharsets.ISO_8859_1));
        }
        var answers = new ConcurrentHashMap<String, String>();
        var senders = all.stream()
                .map(bytes -> Thread.ofVirtual().start(() -> {
                    try {
                        answers.put(bytes, new InsideClient(socket).raw(bytes));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }))
                .toList();
        for (var sender : senders) {
            sender.join();
        }

        assertThat(answers).hasSize(all.size());
        assertThat(answers.values()).noneMatch(answer -> answer.contains("HTTP"));
        assertThat(edge.engine.asked).isEmpty();
        assertThat(ask(HttpVersion.HTTP_1_1, "hello.localhost:" + port, "/api/hello")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void onlyTheServersUserMayConnect() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
    }

    private record Answer(HttpVersion version, int status, String body) {}

    private Answer ask(HttpVersion version, String authority, String path) throws Exception {
        var client = TlsClient.http(edge.vertx, version);
        var named = Authority.parse(authority).orElseThrow();
        try {
            return TlsClient.of(client.request(new RequestOptions()
                            .setServer(SocketAddress.inetSocketAddress(carrier.address()))
                            .setHost(named.host())
                            .setPort(named.portOr(443))
                            .setMethod(HttpMethod.GET)
                            .putHeader("accept", "application/json")
                            .setURI(path))
                    .compose(request -> request.send())
                    .compose(response -> response.body()
                            .map(body -> new Answer(response.version(), response.statusCode(), body.toString()))));
        } finally {
            TlsClient.of(client.close());
        }
    }

    /** Where a client of this machine is carried to it. */
    private int reached() {
        return carrier.address().getPort();
    }
}
