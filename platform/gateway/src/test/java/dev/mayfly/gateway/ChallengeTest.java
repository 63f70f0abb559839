package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.Digest;
import dev.mayfly.model.StaticFile;
import io.netty.pkitesting.X509Bundle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an authority finds that looks whether a name leads here, and what nobody else does. */
class ChallengeTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String HOST = "hello.localhost";
    private static final String OWN = "/.well-known/acme-challenge/mine";

    private static final EdgeSecurity PROVING = new EdgeSecurity(false, 0, true);

    @TempDir
    Path folder;

    private final ConcurrentLinkedQueue<String> uncertified = new ConcurrentLinkedQueue<>();
    private final Challenges challenges = new Challenges();
    private TestEdge edge;
    private int port;
    private int plain;

    @BeforeEach
    void listen() throws Exception {
        challenges.tell(uncertified::add);
        edge = new TestEdge(
                folder,
                ScriptedInstance.always(OK),
                TestEdge.options().with(PROVING),
                TestEdge.deployment(
                        new StaticFile(OWN, Digest.of(TestEdge.FILE), TestEdge.FILE.length(), "text/plain")));
        edge.gateway.prove(challenges);
        port = edge.ports.reserve(edge.snapshot);
        plain = edge.ports.reserve(edge.snapshot);
        edge.gateway.listenTls("127.0.0.1", port, TestCertificates.all("shop.example"));
        edge.gateway.listenRedirecting("127.0.0.1", plain, port);
    }

    @AfterEach
    void close() throws Exception {
        edge.close();
    }

    @Test
    void aTokenIsAnsweredInClearTextBeforeAnythingIsRedirected() throws Exception {
        challenges.answer(HOST, "tok_en-1", "tok_en-1.print");

        assertThat(get(HOST, "/.well-known/acme-challenge/tok_en-1"))
                .startsWith("HTTP/1.1 200 ")
                .containsIgnoringCase("content-type: application/octet-stream")
                .endsWith("\r\n\r\ntok_en-1.print");
        assertThat(get(HOST, "/api/hello")).startsWith("HTTP/1.1 308 ");
    }

    @Test
    void whatIsNoTokenOfThatHostGoesWhereItWentBefore() throws Exception {
        challenges.answer(HOST, "token", "token.print");

        for (var path : List.of("token/", "Token", "toke", "", "../acme-challenge/token", "other")) {
            assertThat(get(HOST, "/.well-known/acme-challenge/" + path))
                    .as(path)
                    .startsWith("HTTP/1.1 308 ")
                    .doesNotContain("print");
        }
        assertThat(get("other.localhost", "/.well-known/acme-challenge/token")).doesNotContain("print");
        challenges.forget(HOST);
        assertThat(get(HOST, "/.well-known/acme-challenge/token")).startsWith("HTTP/1.1 308 ");
    }

    @Test
    void aSiteKeepsItsOwnFilesAtThatPath() throws Exception {
        challenges.answer(HOST, "token", "token.print");

        try (var socket = handshake(HOST, "http/1.1")) {
            socket.getOutputStream()
                    .write(("GET " + OWN + " HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith(TestEdge.FILE);
        }
    }

    @Test
    void aProofIsShownInAHandshakeThatLooksForItAlone() throws Exception {
        var proof = TestCertificates.bundle("proof");
        show(HOST, proof);
        show("shop.example", proof);

        for (var host : List.of(HOST, "shop.example")) {
            try (var socket = handshake(host, Challenges.PROTOCOL)) {
                assertThat(socket.getApplicationProtocol()).isEqualTo(Challenges.PROTOCOL);
                assertThat(TlsClient.subject(socket)).isEqualTo("CN=proof");
            }
            try (var socket = handshake(host, "h2")) {
                assertThat(TlsClient.subject(socket)).isEqualTo("CN=shop.example");
            }
        }
    }

    @Test
    void aConnectionThatLookedForAProofIsGivenNothingElseAndIsClosed() throws Exception {
        show(HOST, TestCertificates.bundle("proof"));

        try (var socket = handshake(HOST, Challenges.PROTOCOL)) {
            socket.getOutputStream()
                    .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n"
                            .getBytes(StandardCharsets.ISO_8859_1));
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        }
        assertThat(edge.instance.requests()).isEmpty();
    }

    @Test
    void withoutAProofSuchAHandshakeFails() throws Exception {
        show("other.localhost", TestCertificates.bundle("proof"));

        assertThatThrownBy(() -> handshake(HOST, Challenges.PROTOCOL)).isInstanceOf(SSLException.class);
        challenges.forget("other.localhost");
        assertThatThrownBy(() -> handshake("other.localhost", Challenges.PROTOCOL))
                .isInstanceOf(SSLException.class);
    }

    @Test
    void namesWithoutACertificateAreToldOfAndOthersAreNot() throws Exception {
        handshake("Hello.localhost", "h2").close();
        handshake("shop.example", "h2").close();
        handshake("evil.example", "http/1.1").close();

        assertThat(uncertified).contains("hello.localhost", "evil.example").doesNotContain("shop.example");
    }

    @Test
    void newCertificatesLeaveTheProofsAsTheyWere() throws Exception {
        show(HOST, TestCertificates.bundle("proof"));
        edge.gateway.show(TestCertificates.all("shop.example", HOST));

        try (var socket = handshake(HOST, "h2")) {
            assertThat(TlsClient.subject(socket)).isEqualTo("CN=" + HOST);
        }
        try (var socket = handshake(HOST, Challenges.PROTOCOL)) {
            assertThat(TlsClient.subject(socket)).isEqualTo("CN=proof");
        }
    }

    private void show(String host, X509Bundle proof) {
        challenges.show(host, proof.getCertificate(), proof.getKeyPair().getPrivate());
    }

    private String get(String host, String path) throws Exception {
        return TestEdge.raw(plain, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    private SSLSocket handshake(String name, String protocol) throws Exception {
        var socket = TlsClient.connect(port, name);
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        socket.setSSLParameters(parameters);
        try {
            socket.startHandshake();
            return socket;
        } catch (Exception e) {
            socket.close();
            throw e;
        }
    }
}
