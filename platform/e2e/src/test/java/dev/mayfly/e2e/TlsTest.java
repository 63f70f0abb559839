package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that its clients reach by TLS, and its operator as ever. */
class TlsTest {
    private static final Predicate<String> ONLY_OF_ACME =
            Pattern.compile("dev\\.mayfly\\.acme|acme4j|jose4j|bouncycastle").asPredicate();

    @TempDir
    Path certificates;

    private Home home;
    private int tls;
    private int plain;

    @BeforeEach
    void start() throws Exception {
        write("first");
        tls = Home.freePort();
        plain = Home.freePort();
        home = Home.withOptions("--listen 127.0.0.1:" + tls + " --tls-certs " + certificates
                        + " --admin-listen 127.0.0.1:" + Home.freePort() + " --redirect-http 127.0.0.1:" + plain
                        + " --hsts 3600")
                .startServer();
    }

    @AfterEach
    void stop() throws IOException {
        home.close();
    }

    @Test
    void a_function_answers_by_tls_and_is_told_so_and_clear_text_leads_there() throws Exception {
        home.deploy(home.project("safe", "api/who.py", Home.handler("self.say(self.headers['x-forwarded-proto'])")));
        assertThat(home.json("ls").toString()).contains("https://safe.localhost:" + tls + "/");

        assertThat(curl("-w", " %{http_version}", "https://safe.localhost:" + tls + "/api/who"))
                .isEqualTo("https 2");
        assertThat(curl("--http1.1", "-i", "https://safe.localhost:" + tls + "/api/who"))
                .startsWith("HTTP/1.1 200 ")
                .containsIgnoringCase("strict-transport-security: max-age=3600")
                .endsWith("https");
        assertThat(curl("-L", "http://safe.localhost:" + plain + "/api/who")).isEqualTo("https");
        assertThat(home.mayflyRun("doctor").out()).contains("certificates", "first.example");
        var classes = loadedClasses();
        assertThat(classes).contains("dev.mayfly.gateway.Gateway");
        assertThat(classes.lines().filter(ONLY_OF_ACME)).isEmpty();
    }

    private String loadedClasses() throws IOException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
        var pid = Long.toString(home.serverPid());
        return new Shell(Map.of())
                .run(certificates, List.of(jcmd, pid, "VM.class_hierarchy"))
                .ok()
                .out();
    }

    @Test
    void a_new_certificate_is_shown_while_requests_go_on() throws Exception {
        home.deploy(home.project("safe", "api/who.py", Home.handler("self.say('here')")));
        var url = "https://safe.localhost:" + tls + "/api/who";
        assertThat(curl(url)).isEqualTo("here");
        var old = Files.readString(certificates.resolve("c.crt"));

        write("second");

        await().atMost(Duration.ofSeconds(60)).until(() -> curl(url).equals("here"));
        Files.writeString(certificates.resolve("old.pem-before"), old);
        assertThat(curl(
                        List.of(
                                "--cacert",
                                certificates.resolve("old.pem-before").toString()),
                        url))
                .isEmpty();
    }

    private String curl(String... arguments) throws Exception {
        return curl(List.of("--cacert", certificates.resolve("c.crt").toString()), arguments);
    }

    /** What came, nothing where the certificate is not one of those that are trusted. */
    private String curl(List<String> trust, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("curl", "-s", "-m", "30"));
        command.addAll(trust);
        for (int port : new int[] {tls, plain}) {
            command.addAll(List.of("--resolve", "safe.localhost:" + port + ":127.0.0.1"));
        }
        command.addAll(List.of(arguments));
        return new Shell(Map.of()).run(certificates, command).out();
    }

    /** Trusted by itself. */
    private void write(String name) throws Exception {
        var bundle = new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=" + name)
                .addSanDnsName(name + ".example")
                .addSanDnsName("safe.localhost")
                .notBefore(Instant.now().minusSeconds(60))
                .notAfter(Instant.now().plus(Duration.ofDays(40)))
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Files.writeString(certificates.resolve("c.crt"), bundle.getCertificatePathPEM());
        Files.writeString(certificates.resolve("c.key"), bundle.getPrivateKeyPEM());
    }
}
