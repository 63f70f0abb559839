package dev.mayfly.e2e;

import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Let's Encrypt's own test authority (Debian's {@code pebble}, which {@code .ci/run} installs): it looks at this machine, whatever it certifies. */
final class Pebble implements AutoCloseable {
    final NameServer names = new NameServer();
    private final Path folder;
    private final int port = Home.freePort();
    private final int management = Home.freePort();
    private final Process process;

    /**
     * @param folder for its files
     * @param plain where it looks by http-01
     * @param tls where it looks by tls-alpn-01
     * @param dozes seconds that it takes at most before it is content without a look; 0: it looks at once
     */
    Pebble(Path folder, int plain, int tls, int dozes) throws Exception {
        this.folder = folder;
        var own = new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=pebble")
                .addSanDnsName("localhost")
                .notBefore(Instant.now().minusSeconds(60))
                .notAfter(Instant.now().plus(Duration.ofDays(1)))
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Files.writeString(ca(), own.getCertificatePathPEM());
        Files.writeString(folder.resolve("pebble.key"), own.getPrivateKeyPEM());
        Files.writeString(folder.resolve("pebble.json"), """
                {"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
                  "certificate": "%s", "privateKey": "%s", "httpPort": %d, "tlsPort": %d, "keyAlgorithm": "ecdsa",
                  "retryAfter": {"authz": 1, "order": 1}, "certificateValidityPeriod": 7776000}}
                """.formatted(
                        port, management, ca(), folder.resolve("pebble.key"), plain, tls));
        var builder = new ProcessBuilder(
                        "pebble",
                        "-config",
                        folder.resolve("pebble.json").toString(),
                        "-dnsserver",
                        "127.0.0.1:" + names.port(),
                        "-strict")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("pebble.out").toFile());
        if (dozes == 0) {
            builder.environment().put("PEBBLE_VA_NOSLEEP", "1");
        } else {
            builder.environment().put("PEBBLE_VA_SLEEPTIME", Integer.toString(dozes));
            builder.environment().put("PEBBLE_VA_ALWAYS_VALID", "1");
        }
        builder.environment().put("PEBBLE_WFE_NONCEREJECT", "20");
        builder.environment().put("PEBBLE_AUTHZREUSE", "0");
        process = started(builder);
        try {
            await().atMost(Duration.ofSeconds(30)).until(() -> !root().isEmpty());
            Files.writeString(trusted(), root());
        } catch (RuntimeException | IOException e) {
            close();
            throw e;
        }
    }

    private static Process started(ProcessBuilder builder) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new IllegalStateException(
                    "Pebble is missing: .ci/run installs it, as does apt-get install pebble", e);
        }
    }

    /** What a server needs to be told. */
    String options() {
        return "--acme ops@example.test --acme-agree-terms --acme-directory https://localhost:" + port
                + "/dir --acme-ca " + ca() + " --dns 127.0.0.1:" + names.port();
    }

    /** Who trusts this trusts what it certifies. */
    Path trusted() {
        return folder.resolve("root.pem");
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("pebble.out"));
    }

    private Path ca() {
        return folder.resolve("pebble.pem");
    }

    private String root() {
        return new Shell(Map.of())
                .run(
                        folder,
                        List.of(
                                "curl",
                                "-s",
                                "--cacert",
                                ca().toString(),
                                "https://localhost:" + management + "/roots/0"))
                .out();
    }

    @Override
    public void close() {
        names.close();
        process.destroy();
        process.onExit().join();
    }
}
