package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Functions in sandboxes that call functions at their https URLs, and trust nobody but the authority they are told of. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class HttpsCalls {
    private static final String DOMAIN = "www.example.org";

    /** What the expressions that tests send are made of. */
    private static final String CALLER = """
            import socket, ssl, subprocess, urllib.error, urllib.parse, urllib.request

            def fetch(url, context=None):
                try:
                    with urllib.request.urlopen(url, timeout=60, context=context) as answer:
                        return answer.read().decode()
                except urllib.error.HTTPError as error:
                    return "%d %s" % (error.code, error.read().decode())
                except urllib.error.URLError as error:
                    return str(error)

            def handshake(name, port):
                context = ssl.create_default_context()
                context.set_alpn_protocols(["h2", "http/1.1"])
                with context.wrap_socket(socket.create_connection((name, port), 60), server_hostname=name) as made:
                    return "%s %s" % (made.selected_alpn_protocol(), dict(pair[0] for pair in made.getpeercert()["subject"])["commonName"])

            def curl(*words):
                command = ["curl", "-s", "-m", "60", "--cacert", os.environ["SSL_CERT_FILE"], *words]
                return subprocess.run(command, capture_output=True, text=True).stdout

            def garbage(port):
                for data in (b"GET / HTTP/1.1\\r\\n\\r\\n", b"\\x16\\x03\\x01\\x02\\x00\\x01\\x00", os.urandom(5000), b""):
                    for _ in range(10):
                        with socket.create_connection(("127.0.0.1", port), 60) as made:
                            made.sendall(data)
                return "sent"
            """;

    private final int tls = Home.freePort();
    private final int admin = Home.freePort();
    private final int plain = Home.freePort();
    private Path certificates;
    private X509Bundle authority;
    private NameServer names;
    private Home home;

    abstract Home home(String serverOptions) throws IOException;

    @BeforeAll
    void start() throws Exception {
        certificates = Files.createTempDirectory("mayfly-certificates-");
        Files.setPosixFilePermissions(certificates, PosixFilePermissions.fromString("rwxr-xr-x"));
        authority = certificate("authority").setIsCertificateAuthority(true).buildSelfSigned();
        write("first");
        names = new NameServer();
        home = home("--listen 0.0.0.0:" + tls + " --tls-certs " + certificates + " --admin-listen 127.0.0.1:" + admin
                        + " --redirect-http 0.0.0.0:" + plain + " --call-depth 3 --dns 127.0.0.1:" + names.port())
                .startServer();
        home.deploy(home.project(
                "shop",
                "api/hello.py",
                Home.handler("self.say('hello %s %s' % tuple(self.headers[name] for name in "
                        + "('x-forwarded-proto', 'x-forwarded-for')))"),
                "api/caller.py",
                CALLER + Home.handler("self.say(eval(urllib.parse.unquote_plus(self.path.split('?', 1)[1])))"),
                "api/loop.py",
                CALLER + Home.handler("self.say(fetch('https://shop.localhost:" + tls + "/api/loop'))"),
                "api/ca.pem",
                authority.getCertificatePEM(),
                "mayfly.yaml",
                ServerlessTest.settings("egress: none") + "env:\n  SSL_CERT_FILE: /var/task/api/ca.pem\n"));
    }

    @AfterAll
    void stop() throws IOException {
        home.close();
        names.close();
        try (var files = Files.list(certificates)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(certificates);
    }

    @Test
    void a_function_is_called_at_its_https_url_with_its_certificate_verified() {
        var url = "https://shop.localhost:" + tls + "/api/hello";

        assertThat(inside("fetch('" + url + "')")).startsWith("hello https 198.18.");
        assertThat(inside("curl('-w', ' %{http_version}', '--resolve', 'shop.localhost:" + tls + ":127.0.0.1', '" + url
                        + "')"))
                .startsWith("hello https 198.18.")
                .endsWith(" 2");
        assertThat(inside("handshake('shop.localhost', " + tls + ")")).startsWith("h2 ");
        assertThat(inside("fetch('" + url + "', ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))"))
                .contains("CERTIFICATE_VERIFY_FAILED");
        assertThat(inside("fetch('https://stranger.localhost:" + tls + "/')")).contains("CERTIFICATE_VERIFY_FAILED");
    }

    @Test
    void clear_text_leads_to_tls_as_it_does_outside() {
        assertThat(inside("fetch('http://shop.localhost:" + plain + "/api/hello')"))
                .startsWith("hello https 198.18.");
    }

    @Test
    void the_management_api_refuses_wherever_it_is_asked() {
        for (var url : List.of("https://localhost:" + tls, "http://localhost:" + plain, "http://127.0.0.1:" + admin)) {
            assertThat(inside("fetch('" + url + "/mayfly/v1/projects')"))
                    .as(url)
                    .startsWith("403 ")
                    .contains("the management API does not answer from inside a function");
        }
    }

    @Test
    void a_chain_of_calls_that_loops_is_cut() throws IOException {
        assertThat(at("/api/loop")).contains("508", "call_loop", "and 3 is the most");
    }

    @Test
    void what_the_policy_closes_stays_closed() {
        assertThat(inside("fetch('https://elsewhere.example:" + tls + "/')")).contains("urlopen error");
        assertThat(inside("fetch('https://198.51.100.7:" + tls + "/')")).contains("Connection refused");
    }

    @Test
    void garbage_in_place_of_a_handshake_hurts_nobody() {
        assertThat(inside("garbage(" + tls + ")")).isEqualTo("sent");

        assertThat(inside("fetch('https://shop.localhost:" + tls + "/api/hello')"))
                .startsWith("hello https");
        assertThat(home.mayflyRun("ls").ok().out()).contains("shop");
    }

    @Test
    void a_new_certificate_is_shown_inside_too() throws Exception {
        write("second");

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(inside("handshake('shop.localhost', " + tls + ")"))
                        .isEqualTo("h2 second"));
    }

    @Test
    void a_domain_that_resolvers_know_by_an_address_of_this_machine_is_called_there() throws Exception {
        var added = Home.JSON.readTree(home.mayflyIn(home.projects.resolve("shop"), "domains", "add", DOMAIN, "--json")
                .ok()
                .out());
        names.texts.put("_mayfly." + DOMAIN, added.at("/record/value").asString());
        home.mayflyRun("domains", "verify", DOMAIN, "-p", "shop").ok();
        var address = outer();

        for (var port : List.of(tls, plain)) {
            assertThat(inside("curl('-L', '--connect-to', '" + DOMAIN + "::" + address + ":', '"
                            + (port == tls ? "https" : "http") + "://" + DOMAIN + ":" + port + "/api/hello')"))
                    .startsWith("hello https 198.18.");
        }
    }

    /** Where others of its network find this machine. */
    private static String outer() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .findFirst()
                .orElseThrow();
    }

    /** What an expression comes to in the caller's sandbox. */
    private String inside(String expression) {
        try {
            var answer = at("/api/caller?" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        } catch (IOException e) {
            throw new AssertionError(expression, e);
        }
    }

    /** Where the operator finds functions in clear text. */
    private String at(String target) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), admin)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("GET " + target + " HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void write(String name) throws Exception {
        var builder = certificate(name);
        for (var host : List.of("localhost", "shop.localhost", DOMAIN)) {
            builder.addSanDnsName(host);
        }
        var issued = builder.buildIssuedBy(authority);
        for (var file : Map.of("c.crt", issued.getCertificatePathPEM(), "c.key", issued.getPrivateKeyPEM())
                .entrySet()) {
            var path = Files.writeString(certificates.resolve(file.getKey()), file.getValue());
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private static CertificateBuilder certificate(String name) {
        return new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=" + name)
                .notBefore(Instant.now().minusSeconds(60))
                .notAfter(Instant.now().plus(Duration.ofDays(40)));
    }
}
