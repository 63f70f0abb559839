package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.Stickiness;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests by TLS, and what becomes of those that are not. */
class TlsTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    private TestEdge edge;
    private int port;

    @BeforeEach
    void listen() throws Exception {
        open(EdgeSecurity.DEFAULT);
    }

    private void open(EdgeSecurity security) throws Exception {
        edge = new TestEdge(
                folder, ScriptedInstance.always(OK), TestEdge.options().with(security));
        port = edge.ports.reserve(edge.snapshot);
        edge.gateway.listenTls("127.0.0.1", port, TestCertificates.all("*.localhost", "shop.example"));
    }

    @AfterEach
    void close() throws Exception {
        edge.close();
    }

    @Test
    void eachNameIsShownItsOwnCertificateAndAnUnknownOneTheFirst() throws Exception {
        assertThat(TlsClient.shown(port, "hello.localhost")).isEqualTo("CN=*.localhost");
        assertThat(TlsClient.shown(port, "shop.example")).isEqualTo("CN=shop.example");
        assertThat(TlsClient.shown(port, "other.example")).isEqualTo("CN=*.localhost");
        assertThat(TlsClient.shown(port, null)).isEqualTo("CN=*.localhost");
    }

    @Test
    void aFunctionIsToldThatItsClientCameByTls() throws Exception {
        assertThat(exchange(
                        "hello.localhost",
                        "GET /api/hello HTTP/1.1\r\nHost: hello.localhost:" + port
                                + "\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 OK")
                .endsWith("ok");
        assertThat(edge.instance.requests().getFirst())
                .contains("x-forwarded-proto: https\r\n", "x-forwarded-port: " + port + "\r\n")
                .doesNotContainIgnoringCase("strict-transport-security");
    }

    @Test
    void theProtocolIsAgreedOnInTheHandshake() throws Exception {
        for (var version : List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1)) {
            var client = TlsClient.http(edge.vertx, version);
            try {
                var answer = TlsClient.of(request(client, "hello.localhost"));
                assertThat(answer.version()).isEqualTo(version);
                assertThat(answer.statusCode()).isEqualTo(200);
            } finally {
                TlsClient.of(client.close());
            }
        }
    }

    @Test
    void whatIsOutdatedIsRefused() throws Exception {
        for (var old : List.of("TLSv1", "TLSv1.1")) {
            assertThatThrownBy(() -> handshake(new String[] {old}, null)).isInstanceOf(SSLException.class);
        }
        assertThatThrownBy(() -> handshake(new String[] {"TLSv1.2"}, "TLS_RSA_WITH_AES_128_GCM_SHA256"))
                .isInstanceOf(SSLException.class);
        assertThatThrownBy(() -> handshake(new String[] {"TLSv1.2"}, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"))
                .isInstanceOf(SSLException.class);
        assertThat(handshake(new String[] {"TLSv1.2"}, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"))
                .isEqualTo("TLSv1.2");
        assertThat(handshake(new String[] {"TLSv1.3", "TLSv1.2"}, null)).isEqualTo("TLSv1.3");
    }

    @Test
    void clearTextOnItsPortIsNoRequest() throws Exception {
        assertThat(TestEdge.raw(port, "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n"))
                .doesNotContain("HTTP/1.1");
        assertThat(edge.instance.requests()).isEmpty();
    }

    @Test
    void newCertificatesAreShownWithoutAFailedRequest() throws Exception {
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var answered = new ConcurrentLinkedQueue<Integer>();
        var over = new AtomicBoolean();
        try (var kept = TlsClient.connect(port, "hello.localhost")) {
            assertThat(TlsClient.keptAnswer(kept)).isEqualTo("HTTP/1.1 200 OK");
            var fresh = Thread.ofVirtual().start(() -> {
                while (!over.get()) {
                    try {
                        assertThat(exchange("hello.localhost", closing())).startsWith("HTTP/1.1 200 OK");
                        answered.add(200);
                    } catch (Exception | AssertionError e) {
                        failures.add(e);
                    }
                }
            });
            for (int i = 0; i < 20; i++) {
                edge.gateway.show(TestCertificates.all("*.localhost", "n" + i + ".example"));
                assertThat(TlsClient.shown(port, "n" + i + ".example")).isEqualTo("CN=n" + i + ".example");
                assertThat(TlsClient.keptAnswer(kept)).isEqualTo("HTTP/1.1 200 OK");
            }
            over.set(true);
            fresh.join();
        }
        assertThat(failures).isEmpty();
        assertThat(answered).isNotEmpty();
    }

    @Test
    void browsersAreToldToComeByTlsOnlyWhereThatIsSetAndTheFunctionDoesNotSayOtherwise() throws Exception {
        edge.close();
        var strict = "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 2\r\n\r\nok";
        var answers = new AtomicInteger();
        edge = new TestEdge(
                Files.createDirectory(folder.resolve("another")),
                conversation -> {
                    while (conversation.readHead()) {
                        conversation.write(answers.getAndIncrement() == 0 ? OK : strict);
                    }
                },
                TestEdge.options().with(new EdgeSecurity(false, 31_536_000)));
        port = edge.ports.reserve(edge.snapshot);
        edge.gateway.listenTls("127.0.0.1", port, TestCertificates.all("*.localhost"));

        assertThat(exchange("hello.localhost", closing()))
                .contains("\r\nstrict-transport-security: max-age=31536000\r\n");
        assertThat(exchange("hello.localhost", closing()))
                .containsIgnoringCase("\r\nstrict-transport-security: max-age=1\r\n")
                .doesNotContain("31536000");
        assertThat(edge.get("/page.html")).doesNotContainIgnoringCase("strict-transport-security");

        answers.set(0);
        edge.gateway.follow(AliasesTest.with(edge, 2, AliasesTest.production(new Stickiness.Cookie(), 1, 1)));
        assertThat(exchange("hello.localhost", closing()))
                .contains("\r\nstrict-transport-security: max-age=31536000\r\n")
                .containsPattern("(?i)\r\nset-cookie: mayfly-split=.*; Secure\r\n");
    }

    @Test
    void whoComesInClearTextIsSentToTls() throws Exception {
        int plain = edge.ports.reserve(edge.snapshot);
        edge.gateway.listenRedirecting("127.0.0.1", plain, port);

        assertThat(TestEdge.raw(
                        plain,
                        "POST /api/hello?a=b%20c HTTP/1.1\r\nHost: hello.localhost:" + plain
                                + "\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"))
                .startsWith("HTTP/1.1 308 ")
                .containsIgnoringCase("location: https://hello.localhost:" + port + "/api/hello?a=b%20c\r\n");
        assertThat(TestEdge.raw(plain, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404 ")
                .doesNotContainIgnoringCase("location:");
        assertThat(TestEdge.raw(
                        plain,
                        "GET /mayfly/v1/projects HTTP/1.1\r\nHost: 127.0.0.1:" + plain
                                + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 308 ");
        assertThat(edge.instance.requests()).isEmpty();
        assertThat(edge.managed).isEmpty();
    }

    private static String closing() {
        return "GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n";
    }

    private String exchange(@Nullable String name, String request) throws Exception {
        try (var socket = TlsClient.connect(port, name)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private String handshake(String[] protocols, @Nullable String cipher) throws Exception {
        try (var socket = TlsClient.connect(port, "hello.localhost")) {
            socket.setEnabledProtocols(protocols);
            if (cipher != null) {
                socket.setEnabledCipherSuites(new String[] {cipher});
            }
            socket.startHandshake();
            return socket.getSession().getProtocol();
        }
    }

    private Future<HttpClientResponse> request(HttpClient client, String host) {
        return client.request(new RequestOptions()
                        .setServer(SocketAddress.inetSocketAddress(port, "127.0.0.1"))
                        .setHost(host)
                        .setPort(port)
                        .setMethod(HttpMethod.GET)
                        .setURI("/api/hello"))
                .compose(request -> request.send())
                .compose(response -> response.body().map(response));
    }
}
