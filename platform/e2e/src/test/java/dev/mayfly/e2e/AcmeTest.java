package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that gets its certificates itself, from an authority that really looks whether the names lead to it. */
class AcmeTest {
    private static final String HERE = Home.handler(
            "self.say('%s by %s' % (self.headers['host'].split(':')[0]," + " self.headers['x-forwarded-proto']))");

    @TempDir
    Path folder;

    private final int tls = Home.freePort();
    private final int plain = Home.freePort();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private Pebble pebble;

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @AfterEach
    void stop() throws Exception {
        for (var each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void a_project_a_deployment_and_a_domain_are_answered_by_tls_that_their_clients_trust() throws Exception {
        begin(new Pebble(folder, plain, tls, 0));
        begin(home("--redirect-http 127.0.0.1:" + plain).startServer());
        var project = home.project("shop", "api/who.py", HERE);
        home.deploy(project);

        answers("shop.example.test");
        assertThat(serverLog()).contains("looks whether it leads here, by http-01");

        var deployment = home.json("inspect", "shop").toString().replaceAll("(?s).*?(shop--[a-z0-9]{10}).*", "$1");
        assertThat(deployment).startsWith("shop--");
        assertThat(curl(deployment + ".example.test")).isEmpty(); // somebody comes there for the first time
        answers(deployment + ".example.test");

        var added = home.json("domains", "add", "www.example.com", "--project", "shop");
        pebble.names.texts.put(
                "_mayfly.www.example.com", added.at("/record/value").asString());
        home.mayflyRun("domains", "verify", "www.example.com").ok();
        answers("www.example.com");
        assertThat(home.mayflyRun("domains", "ls").ok().out())
                .containsPattern("DOMAIN +PROJECT +STATE +CERTIFICATE +AGE")
                .containsPattern("www\\.example\\.com +shop +verified +until 20[0-9-]+ ");
        assertThat(home.json("domains", "ls").at("/domains/0/certificate/state").asString())
                .isEqualTo("issued");
        assertThat(home.mayflyRun("doctor").out()).containsPattern("acme +.*2 from https://localhost");

        var serial = serial("shop.example.test");
        assertThat(curl("evil.example.test")).isEmpty();
        int orders = orders();
        home.mayflyRun("down").ok();
        home.startServer();
        answers("shop.example.test");
        assertThat(serial("shop.example.test")).isEqualTo(serial);
        for (int i = 0; i < 20; i++) {
            curl("evil" + i + ".example.test");
        }
        assertThat(orders()).isEqualTo(orders);
        assertThat(secretsOf(home)).isEmpty();
    }

    @Test
    void where_clear_text_is_not_listened_for_the_handshake_proves_it() throws Exception {
        begin(new Pebble(folder, Home.freePort(), tls, 0));
        begin(home("").startServer());
        home.deploy(home.project("shop", "api/who.py", HERE));

        answers("shop.example.test");

        assertThat(serverLog()).contains("looks whether it leads here, by tls-alpn-01");
    }

    @Test
    void what_is_wrong_is_told_where_people_look() throws Exception {
        begin(new Pebble(folder, Home.freePort(), Home.freePort(), 0)); // it looks where nothing listens
        begin(home("").startServer());
        home.deploy(home.project("shop", "api/who.py", HERE));
        var added = home.json("domains", "add", "www.example.com", "--project", "shop");
        pebble.names.texts.put(
                "_mayfly.www.example.com", added.at("/record/value").asString());
        home.mayflyRun("domains", "verify", "www.example.com").ok();

        await().atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> home.json("domains", "ls")
                        .at("/domains/0/certificate/state")
                        .asString()
                        .equals("failed"));

        var listed = home.mayflyRun("domains", "ls").ok();
        assertThat(listed.out()).containsPattern("www\\.example\\.com +shop +verified +failed ");
        assertThat(listed.out() + listed.err())
                .contains("the certificate of www.example.com cannot be had", "ports 80 and 443 must", "next try in");
        assertThat(home.mayflyRun("doctor").out()).contains("shop.example.test", "ports 80 and 443 must");
    }

    @Test
    @Tag("soak")
    void a_server_that_is_killed_in_the_middle_of_an_order_makes_no_other_one() throws Exception {
        begin(new Pebble(folder, plain, tls, 5));
        begin(home("--redirect-http 127.0.0.1:" + plain).startServer());
        home.deploy(home.project("shop", "api/who.py", HERE));
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> serverLog().contains("looks whether it leads here"));

        var killed = ProcessHandle.of(home.serverPid()).orElseThrow();
        killed.destroyForcibly();
        killed.onExit().join();
        boolean inTheMiddle = !serverLog().contains("a certificate until");
        Files.delete(home.home().resolve("server.json"));
        home.startServer();

        answers("shop.example.test");
        assertThat(serverLog().contains("going on with an order that was begun before"))
                .isEqualTo(inTheMiddle);
        assertThat(orders()).isEqualTo(1);
    }

    private void begin(Pebble begun) {
        pebble = begun;
        opened.add(begun);
    }

    private void begin(Home begun) {
        home = begun;
        opened.add(begun);
    }

    private Home home(String more) throws IOException {
        return Home.withOptions("--listen 127.0.0.1:" + tls + " --domain example.test --admin-listen 127.0.0.1:"
                + Home.freePort() + " " + pebble.options() + " " + more);
    }

    private void answers(String host) {
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(300))
                .untilAsserted(() -> assertThat(curl(host)).isEqualTo(host + " by https"));
    }

    /** What came, nothing where the certificate is not one of those that are trusted. */
    private String curl(String host) {
        var command = new ArrayList<>(List.of("curl", "-s", "-m", "30"));
        command.addAll(List.of("--cacert", pebble.trusted().toString()));
        command.addAll(
                List.of("--resolve", host + ":" + tls + ":127.0.0.1", "https://" + host + ":" + tls + "/api/who"));
        return new Shell(Map.of()).run(folder, command).out();
    }

    private String serial(String host) {
        return new Shell(Map.of())
                .run(
                        folder,
                        List.of(
                                "bash",
                                "-c",
                                "openssl s_client -connect 127.0.0.1:" + tls + " -servername " + host
                                        + " </dev/null 2>/dev/null | openssl x509 -noout -serial"))
                .ok()
                .out();
    }

    private int orders() throws IOException {
        return (int) pebble.log()
                .lines()
                .filter(line -> line.contains("Added order"))
                .count();
    }

    private String serverLog() throws IOException {
        var log = home.home().resolve("server.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /** Lines of any file of the home that show a private key. */
    private static List<String> secretsOf(Home home) throws IOException {
        return home.sh("grep -rla 'PRIVATE KEY' " + home.home() + " --include='*.db*' --include='*.log' || true")
                .out()
                .lines()
                .toList();
    }
}
