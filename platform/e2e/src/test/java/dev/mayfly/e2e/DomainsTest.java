package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Names of projects' own, from the command line to the answer. */
class DomainsTest {
    private static final String SAYS_ITS_HOST =
            Home.handler("self.say('%s %s' % (self.headers['host'], self.headers['x-forwarded-host']))");

    @Test
    void every_command_of_the_page_does_what_the_page_says() throws IOException {
        Page.check("domains.md", 15);
    }

    @Test
    void a_name_goes_to_the_first_project_that_proves_it_and_survives_the_server() throws Exception {
        try (var names = new NameServer();
                var home = Home.withOptions("--dns 127.0.0.1:" + names.port())) {
            var one = home.project("one", "api/index.py", SAYS_ITS_HOST);
            var two = home.project("two", "api/index.py", SAYS_ITS_HOST);
            home.mayflyIn(one, "up", "--detach").ok();
            home.deploy(two);

            home.mayflyIn(two, "domains", "add", "www.example.com").ok();
            var added = Home.JSON.readTree(home.mayflyIn(one, "domains", "add", "WWW.example.com.", "--json")
                    .ok()
                    .out());
            assertThat(added.get("name").asString()).isEqualTo("www.example.com");
            assertThat(home.mayflyRun("domains", "verify", "www.example.com").err())
                    .contains("is claimed by one, two", "--project one");
            assertThat(home.mayflyRun("domains", "verify", "www.example.com", "-p", "one")
                            .failed()
                            .err())
                    .contains("there is no TXT record _mayfly.www.example.com");
            assertThat(at(home, "www.example.com")).contains(" 404 ").doesNotContain("one");

            names.texts.put("_mayfly.www.example.com", added.at("/record/value").asString());
            home.mayflyRun("domains", "verify", "www.example.com", "-p", "one").ok();
            assertThat(at(home, "www.example.com")).contains(" 200 ").endsWith("www.example.com www.example.com");
            assertThat(home.mayflyRun("domains", "verify", "www.example.com", "-p", "two")
                            .failed()
                            .err())
                    .contains("belongs to another project");
            assertThat(home.mayflyRun("domains", "ls").ok().out())
                    .containsPattern("www\\.example\\.com +one +verified")
                    .containsPattern("www\\.example\\.com +two +verified by another project");

            home.mayflyRun("down").ok();
            home.mayflyIn(one, "up", "--detach").ok();
            assertThat(at(home, "www.example.com")).contains(" 200 ");

            assertThat(home.mayflyIn(one, "domains", "add", "*.example.org")
                            .failed()
                            .err())
                    .contains("wildcards are not supported");
            home.mayflyRun("domains", "rm", "www.example.com", "-p", "one").ok();
            assertThat(at(home, "www.example.com")).contains(" 404 ");
            home.mayflyRun("rm", "two", "--yes").ok();
            assertThat(home.json("domains", "ls").get("domains")).isEmpty();
            assertThat(home.mayflyRun("domains", "rm", "www.example.com")
                            .failed()
                            .err())
                    .contains("there is no domain www.example.com");
        }
    }

    private static String at(Home home, String host) throws IOException {
        try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), home.port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("GET /api HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
