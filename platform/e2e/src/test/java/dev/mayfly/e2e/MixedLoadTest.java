package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients of all kinds at once, while certificates are replaced and production moves to new deployments: no request fails, and neither memory nor
 * descriptors grow.
 */
class MixedLoadTest {
    private static final String APP = """
            ME = b"VERSION"
            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                count, more = 0, True
                while more:
                    event = await receive()
                    count += len(event.get("body", b""))
                    more = event.get("more_body", False)
                await send({"type": "http.response.start", "status": 200})
                if scope["path"] == "/much":
                    for _ in range(64):
                        await send({"type": "http.response.body", "body": bytes(16384), "more_body": True})
                await send({"type": "http.response.body", "body": ME + b" %d" % count})
            """;

    private static final String PAGE = "<h1>page</h1>" + "x".repeat(100_000);

    /** The certificates of this test are known to nobody, and what they are for here is to change. */
    private static final X509ExtendedTrustManager ANYBODY = new X509ExtendedTrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    };

    @TempDir
    private Path certificates = Path.of("");

    @TempDir
    private Path logs = Path.of("");

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong rounds = new AtomicLong();
    private final Set<String> versions = ConcurrentHashMap.newKeySet();
    private final Set<BigInteger> shown = ConcurrentHashMap.newKeySet();

    @SuppressWarnings("NullAway.Init")
    private SSLContext trust;

    private int tls;
    private int deployments;

    @Test
    void nothing_fails_and_nothing_grows_while_certificates_and_deployments_change() throws Exception {
        run(Duration.ofSeconds(4), Duration.ofMillis(200));
    }

    @Test
    @Tag("soak")
    void the_same_for_ten_minutes() throws Exception {
        run(Duration.ofMinutes(Integer.getInteger("mayfly.soak.minutes", 10)), Duration.ofSeconds(10));
    }

    private void run(Duration time, Duration between) throws Exception {
        trust = SSLContext.getInstance("TLS");
        trust.init(null, new TrustManager[] {ANYBODY}, new SecureRandom());
        writeCertificate();
        tls = Home.freePort();
        try (var home = Home.withOptions("--listen 127.0.0.1:" + tls + " --tls-certs " + certificates
                                + " --admin-listen 127.0.0.1:" + Home.freePort() + " --access-log "
                                + logs.resolve("access.log"))
                        .startServer();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int mixed = URI.create(deploy(home, deployments)).getPort();
            int echo = URI.create(home.deploy(home.project("echo", "echo.py", EchoSocket.PROGRAM, "mayfly.yaml", """
                    functions:
                      app:
                        command: [python3, echo.py]
                    """)))
                    .getPort();
            var clients = new ArrayList<Future<Boolean>>();
            for (var client : List.<Client>of(
                    this::keeps,
                    this::connects,
                    this::leaves,
                    this::curls,
                    () -> speaksHttp2(mixed),
                    () -> talks(echo))) {
                clients.add(threads.submit(() -> again(client)));
            }
            try {
                change(home, 1, time.dividedBy(4), between, clients);
                var before = Footprint.of(home.serverPid());
                long heapBefore = Footprint.liveHeap(home.serverPid());
                int deploymentsBefore = deployments;
                change(home, 2, time.dividedBy(4).multipliedBy(3), between, clients);
                var last = Integer.toString(deployments);
                await().atMost(Duration.ofSeconds(30)).until(() -> versions.contains(last));
                await().atMost(Duration.ofSeconds(30)).until(() -> shown.size() >= 2);
                var after = Footprint.of(home.serverPid());
                long heapAfter = Footprint.liveHeap(home.serverPid());
                System.out.printf(
                        "%d rounds of clients, %d deployments, %d certificates shown: live heap %d to %d KiB, resident %d to %d MiB, descriptors %d to %d%n",
                        rounds.get(),
                        deployments,
                        shown.size(),
                        heapBefore >> 10,
                        heapAfter >> 10,
                        before.resident() >> 20,
                        after.resident() >> 20,
                        before.descriptors(),
                        after.descriptors());
                assertThat(versions).hasSizeGreaterThanOrEqualTo(3);
                assertThat(heapAfter - heapBefore).as("bytes of heap").isLessThan(8L << 20);
                assertThat(after.resident() - before.resident())
                        .as("bytes of memory")
                        .isLessThan(64L << 20);
                int listeners =
                        deployments - deploymentsBefore; // each deployment has a port of its own while it exists
                assertThat(after.descriptors())
                        .as("descriptors")
                        .isLessThanOrEqualTo(before.descriptors() + listeners + 40);
            } finally {
                over.set(true);
            }
            for (var client : clients) {
                assertThat(client.get()).isTrue();
            }
        }
    }

    /** New certificates and a new deployment, again and again. */
    private void change(Home home, int least, Duration time, Duration between, List<Future<Boolean>> clients)
            throws Exception {
        long begun = System.nanoTime();
        for (int i = 0; i < least || System.nanoTime() - begun < time.toNanos(); i++) {
            writeCertificate();
            deploy(home, ++deployments);
            Thread.sleep(between);
            for (var client : clients) {
                if (client.isDone()) {
                    client.get(); // throws what it failed of
                }
            }
        }
    }

    /** What one kind of client does, again and again. */
    private interface Client {
        void once() throws Exception;
    }

    private boolean again(Client client) throws Exception {
        while (!over.get()) {
            var began = Instant.now();
            try {
                client.once();
            } catch (Exception | AssertionError e) {
                throw new IllegalStateException(
                        "from " + began + " to " + Instant.now() + "; the last requests:\n" + lastRequests(), e);
            }
            rounds.incrementAndGet();
            Thread.sleep(5); // others work on this machine, too
        }
        return true;
    }

    private String lastRequests() throws IOException {
        var lines = Files.readAllLines(logs.resolve("access.log"));
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }

    private static String deploy(Home home, int version) throws IOException {
        return home.deploy(home.project(
                "mixed", "app.py", APP.replace("VERSION", Integer.toString(version)), "public/page.html", PAGE));
    }

    // --- kinds of clients

    /** Twenty requests of several kinds on one connection. */
    private void keeps() throws Exception {
        try (var socket = tls()) {
            for (int i = 0; i < 5; i++) {
                saysAVersion(ask(socket, "GET / HTTP/1.1", ""), 0);
                saysAVersion(ask(socket, "POST / HTTP/1.1\r\nContent-Length: 30000", "x".repeat(30_000)), 30_000);
                assertThat(ask(socket, "GET /page.html HTTP/1.1", "")).isEqualTo(PAGE);
                assertThat(ask(socket, "GET /page.html HTTP/1.1\r\nRange: bytes=4-7", ""))
                        .isEqualTo("page");
            }
        }
    }

    /** A connection for one request, and a look at who it is that answers. */
    private void connects() throws Exception {
        try (var socket = tls()) {
            socket.startHandshake();
            shown.add(((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber());
            saysAVersion(ask(socket, "GET / HTTP/1.1\r\nConnection: close", ""), 0);
        }
    }

    /** Leaves in the middle of an answer. */
    private void leaves() throws Exception {
        try (var socket = tls()) {
            send(socket, "GET /much HTTP/1.1", "");
            assertThat(socket.getInputStream().readNBytes(20_000)).hasSize(20_000);
        }
    }

    /** HTTP/2 by TLS. */
    private void curls() throws IOException {
        var command = List.of(
                "curl",
                "-sk",
                "-m",
                "30",
                "-w",
                " %{http_version}",
                "--resolve",
                "mixed.localhost:" + tls + ":127.0.0.1",
                "https://mixed.localhost:" + tls + "/");
        var said = new Shell(Map.of()).run(certificates, command).ok().out().split(" ");
        assertThat(said).hasSize(3).endsWith("2");
        versions.add(said[0]);
    }

    /** In clear text, many requests on one connection. */
    private void speaksHttp2(int port) throws Exception {
        try (var client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            for (int i = 0; i < 20; i++) {
                var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                        .timeout(Duration.ofSeconds(60))
                        .POST(BodyPublishers.ofString("x".repeat(50_000)))
                        .build();
                var answer = client.send(request, BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                saysAVersion(answer.body(), 50_000);
            }
        }
    }

    private void talks(int port) throws IOException {
        try (var socket = new EchoSocket(port)) {
            for (int i = 0; i < 20; i++) {
                assertThat(socket.say("number " + i)).isEqualTo("number " + i);
            }
        }
    }

    private void saysAVersion(String body, int sent) {
        assertThat(body).matches("\\d+ " + sent);
        versions.add(body.substring(0, body.indexOf(' ')));
    }

    // --- what they speak

    private SSLSocket tls() throws IOException {
        var plain = new Socket(InetAddress.getLoopbackAddress(), tls);
        plain.setSoTimeout(60_000);
        return (SSLSocket) trust.getSocketFactory().createSocket(plain, "mixed.localhost", tls, true);
    }

    private void send(SSLSocket socket, String first, String body) throws IOException {
        var lines = first.split("\r\n", 2);
        var head = lines[0] + "\r\nHost: mixed.localhost:" + tls + (lines.length == 1 ? "" : "\r\n" + lines[1]);
        socket.getOutputStream().write((head + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
    }

    /** The body of the answer, which has to be one of success. */
    private String ask(SSLSocket socket, String first, String body) throws IOException {
        send(socket, first, body);
        var in = socket.getInputStream();
        var head = line(in, "\r\n\r\n");
        assertThat(head).startsWith("HTTP/1.1 20");
        var length = head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .map(line -> Integer.valueOf(line.substring(15).strip()))
                .findFirst();
        if (length.isPresent()) {
            return new String(in.readNBytes(length.get()), StandardCharsets.US_ASCII);
        }
        var whole = new StringBuilder();
        for (int size = chunk(in); size > 0; size = chunk(in)) {
            whole.append(new String(in.readNBytes(size), StandardCharsets.US_ASCII));
            line(in, "\r\n");
        }
        line(in, "\r\n");
        return whole.toString();
    }

    private static int chunk(InputStream in) throws IOException {
        return Integer.parseInt(line(in, "\r\n").strip(), 16);
    }

    private static String line(InputStream in, String end) throws IOException {
        var line = new StringBuilder();
        while (line.indexOf(end) < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed after " + line);
            }
            line.append((char) next);
        }
        return line.toString();
    }

    private void writeCertificate() throws Exception {
        var bundle = new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=mixed")
                .addSanDnsName("mixed.localhost")
                .notBefore(Instant.now().minusSeconds(60))
                .notAfter(Instant.now().plus(Duration.ofDays(40)))
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        replace("c.key", bundle.getPrivateKeyPEM());
        replace("c.crt", bundle.getCertificatePathPEM());
    }

    /** As programs do that renew them. */
    private void replace(String name, String text) throws IOException {
        var fresh = Files.writeString(certificates.resolve(name + ".new"), text);
        Files.move(
                fresh, certificates.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
