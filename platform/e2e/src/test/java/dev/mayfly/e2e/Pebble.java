package dev.mayfly.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import io.netty.pkitesting.CertificateBuilder;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Let's Encrypt's own test authority, which looks at this machine for the names that it certifies, whatever DNS says. Built by Go from its module on
 * first use; where there is no Go, or the module cannot be had, the tests that need it are skipped, and say so.
 */
final class Pebble implements AutoCloseable {
    private static final String VERSION = "v2.10.3";
    private static final Path BUILT = Shell.ROOT.resolve("platform/e2e/target/pebble-" + VERSION);

    /** Texts by name. */
    final Map<String, String> texts = new ConcurrentHashMap<>();

    final Path folder;
    private final DatagramSocket dns = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    private final int port = Home.freePort();
    private final int management = Home.freePort();
    private final Process process;

    /**
     * @param folder for its files
     * @param plain where it looks by http-01
     * @param tls where it looks by tls-alpn-01
     * @param validation seconds before it looks
     */
    Pebble(Path folder, int plain, int tls, int validation) throws Exception {
        this.folder = folder;
        var program = program();
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
                  "retryAfter": {"authz": 1, "order": 1},
                  "profiles": {"default": {"description": "the only one", "validityPeriod": 7776000}}}}
                """.formatted(
                        port, management, ca(), folder.resolve("pebble.key"), plain, tls));
        Thread.ofPlatform().daemon().start(this::resolve);
        var builder = new ProcessBuilder(
                        program.toString(),
                        "-config",
                        folder.resolve("pebble.json").toString(),
                        "-dnsserver",
                        "127.0.0.1:" + dns.getLocalPort(),
                        "-strict")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("pebble.out").toFile());
        if (validation == 0) {
            builder.environment().put("PEBBLE_VA_NOSLEEP", "1");
        } else {
            builder.environment().put("PEBBLE_VA_SLEEPTIME", Integer.toString(validation));
        }
        builder.environment().put("PEBBLE_WFE_NONCEREJECT", "20");
        builder.environment().put("PEBBLE_AUTHZREUSE", "0");
        process = builder.start();
        await().atMost(Duration.ofSeconds(30)).until(() -> !root().isEmpty());
        Files.writeString(trusted(), root());
    }

    /** What a server needs to be told. */
    String options() {
        return "--acme ops@example.test --acme-agree-terms --acme-directory https://localhost:" + port
                + "/dir --acme-ca " + ca() + " --dns 127.0.0.1:" + dns.getLocalPort();
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

    private static synchronized Path program() throws IOException, InterruptedException {
        var program = BUILT.resolve("pebble");
        if (Files.isExecutable(program)) {
            return program;
        }
        try {
            var builder = new ProcessBuilder("go", "install", "github.com/letsencrypt/pebble/v2/cmd/pebble@" + VERSION)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("GOBIN", Files.createDirectories(BUILT).toString());
            var building = builder.start();
            if (!building.waitFor(5, TimeUnit.MINUTES)) {
                building.destroyForcibly();
            }
        } catch (IOException e) {
            return abort("there is no Go here to build Pebble with: " + e.getMessage());
        }
        return Files.isExecutable(program) ? program : abort("Pebble cannot be built here");
    }

    private void resolve() {
        while (!dns.isClosed()) {
            try {
                var question = new DatagramPacket(new byte[512], 512);
                dns.receive(question);
                var answer = answer(Arrays.copyOf(question.getData(), question.getLength()));
                dns.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
            } catch (IOException e) {
                // closed, or the next one
            }
        }
    }

    /** Every name is at 127.0.0.1. */
    private byte[] answer(byte[] question) throws IOException {
        int end = 12;
        var name = new StringBuilder();
        while (question[end] != 0) {
            name.append(name.isEmpty() ? "" : ".")
                    .append(new String(question, end + 1, question[end], StandardCharsets.US_ASCII));
            end += question[end] + 1;
        }
        int type = question[end + 2];
        var text = texts.getOrDefault(name.toString().toLowerCase(Locale.ROOT), "");
        boolean found = type == 1 || (type == 16 && !text.isEmpty());
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.write(question, 0, 2);
        out.writeShort(0x8580);
        out.writeShort(1);
        out.writeShort(found ? 1 : 0);
        out.writeInt(0);
        out.write(question, 12, end + 5 - 12);
        if (found) {
            out.write(new byte[] {(byte) 0xC0, 12, 0, (byte) type, 0, 1, 0, 0, 0, 1});
            if (type == 1) {
                out.writeShort(4);
                out.write(new byte[] {127, 0, 0, 1});
            } else {
                out.writeShort(text.length() + 1);
                out.writeByte(text.length());
                out.writeBytes(text);
            }
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        dns.close();
        process.destroy();
        process.onExit().join();
    }
}
