package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mayfly.gateway.CertificateFiles;
import dev.mayfly.gateway.Certificates;
import dev.mayfly.model.ProblemException;
import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server that speaks TLS, and how it takes new certificates. */
class TlsServerTest {
    @TempDir
    Path folder;

    @Test
    void functionsAreServedByTlsAndTheManagementApiOnLoopbackBesideIt() throws Exception {
        write("one", 40);
        int port = MayflyServerTest.freePort();
        int admin = MayflyServerTest.freePort();
        int plain = MayflyServerTest.freePort();
        try (var server = start(
                        "--listen",
                        "127.0.0.1:" + port,
                        "--tls-cert",
                        file("c.crt"),
                        "--tls-key",
                        file("c.key"),
                        "--admin-listen",
                        "127.0.0.1:" + admin,
                        "--redirect-http",
                        "127.0.0.1:" + plain,
                        "--hsts",
                        "60");
                var http = HttpClient.newHttpClient()) {
            assertThat(server.readyLine()).startsWith("{\"url\":\"http://127.0.0.1:" + admin + "\"");
            var token = Files.readString(folder.resolve("home/token")).strip();
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/mayfly/v1/server"))
                            .header("authorization", "Bearer " + token)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            var doctor = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/mayfly/v1/doctor"))
                            .header("authorization", "Bearer " + token)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(doctor.body()).contains("\"certificates\"", "one.example");

            assertThat(exchange(port, "x.localhost"))
                    .startsWith("HTTP/1.1 404 ")
                    .contains("strict-transport-security: max-age=60", "nothing is deployed at x.localhost");
            assertThat(plain(plain, "x.localhost:" + plain))
                    .startsWith("HTTP/1.1 308 ")
                    .contains("https://x.localhost:" + port + "/a");
        }
    }

    @Test
    void filesThatChangedAreReadAndBrokenOnesAreNot() throws Exception {
        write("one", 40);
        var files = new CertificateFiles.One(folder.resolve("c.crt"), folder.resolve("c.key"));
        var shown = new ArrayList<Certificates>();
        try (var watch = new CertificateWatch(files, files.read(), shown::add, Clock.systemUTC())) {
            watch.look();
            assertThat(shown).isEmpty();
            assertThat(watch.finding().fine()).isTrue();

            var old = Files.readString(folder.resolve("c.key"));
            write("two", 3);
            var key = Files.readString(folder.resolve("c.key"));
            Files.writeString(folder.resolve("c.key"), old);
            watch.look();
            Files.delete(folder.resolve("c.key"));
            watch.look();
            assertThat(shown).isEmpty();
            assertThat(watch.finding().detail()).contains("one.example");

            Files.writeString(folder.resolve("c.key"), key);
            watch.look();
            watch.look();
            assertThat(shown).hasSize(1);
            assertThat(shown.getFirst().pairs().getFirst().names()).containsExactly("two.example");
            assertThat(watch.finding().fine()).as("three days are few").isFalse();
        }
    }

    @Test
    void aRunningServerShowsNewCertificatesByItself() throws Exception {
        write("one", 40);
        int port = MayflyServerTest.freePort();
        try (var server = start(
                "--listen",
                "127.0.0.1:" + port,
                "--tls-certs",
                folder.resolve("certs").toString(),
                "--admin-listen",
                "127.0.0.1:" + MayflyServerTest.freePort())) {
            assertThat(server.readyLine()).isNotEmpty();
            assertThat(subject(port)).isEqualTo("CN=one.example");

            write("two", 40);

            await().atMost(Duration.ofSeconds(60)).until(() -> subject(port).equals("CN=two.example"));
        }
    }

    @Test
    void certificatesThatCannotBeUsedStopTheStartAndLeaveNothingBehind() throws Exception {
        Files.writeString(folder.resolve("c.crt"), "no certificate");
        Files.writeString(folder.resolve("c.key"), "no key");

        assertThatThrownBy(() -> start(
                        "--listen",
                        "127.0.0.1:" + MayflyServerTest.freePort(),
                        "--tls-cert",
                        file("c.crt"),
                        "--tls-key",
                        file("c.key")))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().message())
                                .isEqualTo(file("c.crt") + " (expected: a certificate and those it rests on, in PEM)"));
        assertThat(folder.resolve("home")).doesNotExist();
    }

    @Test
    void whomToTrustIsReadBeforeAnythingIsMade() throws Exception {
        Files.writeString(folder.resolve("ca.pem"), "no certificate");

        assertThatThrownBy(() -> startAsking(MayflyServerTest.freePort(), "--acme-ca", file("ca.pem")))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().message())
                                .isEqualTo("--acme-ca: " + file("ca.pem")
                                        + " (expected: a file with certificates in PEM)"));
        assertThat(folder.resolve("home")).doesNotExist();
    }

    @Test
    void whileAnAuthorityHasGivenNothingClientsAreShownThatOrWhatFilesHave() throws Exception {
        int port = MayflyServerTest.freePort();
        try (var server = startAsking(port)) {
            assertThat(server.readyLine()).isNotEmpty();
            assertThat(subject(port)).isEqualTo("CN=no certificate yet");
            assertThat(exchange(port, "x.example.org")).startsWith("HTTP/1.1 404 ");
        }
        write("one", 40);
        try (var server =
                startAsking(port, "--tls-certs", folder.resolve("certs").toString())) {
            assertThat(server.readyLine()).isNotEmpty();
            assertThat(subject(port)).isEqualTo("CN=one.example");
        }
    }

    /** Of an authority that is not there. */
    private MayflyServer startAsking(int port, String... more) throws Exception {
        var all = new ArrayList<>(List.of(
                "--listen",
                "127.0.0.1:" + port,
                "--admin-listen",
                "127.0.0.1:" + MayflyServerTest.freePort(),
                "--domain",
                "example.org",
                "--acme",
                "on",
                "--acme-agree-terms",
                "--acme-directory",
                "https://127.0.0.1:1/directory"));
        all.addAll(List.of(more));
        return start(all.toArray(String[]::new));
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    /** As one file of each, and the same in a folder. */
    private void write(String name, int days) throws Exception {
        var bundle = new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=" + name + ".example")
                .addSanDnsName(name + ".example")
                .notBefore(Instant.now().minusSeconds(60))
                .notAfter(Instant.now().plus(Duration.ofDays(days)))
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        var certs = Files.createDirectories(folder.resolve("certs"));
        for (var place : List.of(folder, certs)) {
            Files.writeString(place.resolve("c.crt"), bundle.getCertificatePathPEM());
            Files.writeString(place.resolve("c.key"), bundle.getPrivateKeyPEM());
        }
    }

    private MayflyServer start(String... arguments) throws Exception {
        var all = new ArrayList<>(List.of(
                "--home",
                folder.resolve("home").toString(),
                "--artifacts",
                folder.resolve("artifacts").toString()));
        all.addAll(List.of(arguments));
        return new MayflyServer(
                ServerOptions.parse(all, Map.of()), Map.of("PATH", "/usr/bin"), Clock.systemUTC(), () -> {});
    }

    private static String subject(int port) throws Exception {
        try (var socket = socket(port)) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    private static String exchange(int port, String host) throws Exception {
        try (var socket = socket(port)) {
            return talk(socket, host);
        }
    }

    private static String plain(int port, String host) throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return talk(socket, host);
        }
    }

    private static String talk(Socket socket, String host) throws IOException {
        socket.setSoTimeout(20_000);
        var request = "GET /a HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static SSLSocket socket(int port) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Everybody()}, new SecureRandom());
        return (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    }

    private static final class Everybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
