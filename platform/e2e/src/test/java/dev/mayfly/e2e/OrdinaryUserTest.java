package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server of a user who is not root: the same sandboxes, and honest words on what this machine does not give it. */
class OrdinaryUserTest {
    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        home = Home.ofOrdinaryUser().startServer();
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    @Test
    void up_says_first_what_is_weaker_than_a_sandbox_with_all_limits() throws IOException {
        var project = home.project("weak", "api/f.py", Home.handler("self.say('ran')"));

        var up = home.mayflyRun("up", project.toString(), "--detach").ok();

        assertThat(up.err()).contains("isolation linux: limits: weak (not enforced: cpu, memory)");
        assertThat(Http.get(Http.join(up.line(), "/api/f")).body()).isEqualTo("ran");
    }

    @Test
    void doctor_names_what_is_missing_what_that_costs_and_what_adds_it() {
        var doctor = home.mayflyRun("doctor").out();

        assertThat(doctor)
                .contains("isolation   linux")
                .contains("limits: weak")
                .contains("one function can take all memory of the machine")
                .contains("systemd-run --user --scope -p Delegate=yes mayfly up");
    }

    @Test
    void a_function_is_nobody_with_no_way_to_more() throws IOException {
        var url = home.deploy(
                home.project(
                        "nobody",
                        "api/f.py",
                        Home.handler(
                                "self.say('%d %s' % (os.getuid(), [l for l in open('/proc/self/status') if l.startswith('CapEff')]))")));

        assertThat(Http.get(Http.join(url, "/api/f")).body())
                .startsWith("1000 ")
                .contains("0000000000000000");
    }

    @Test
    void processes_and_tmp_have_their_limits_without_root_too() throws IOException {
        var url = home.deploy(home.project(
                "limits",
                "api/f.py",
                Home.handler("""
                        said = []
                        try:
                            with open("/tmp/fill", "wb") as file:
                                for _ in range(64): file.write(bytes(1 << 20))
                        except OSError as error:
                            said.append(error.strerror)
                        try:
                            for _ in range(500):
                                if os.fork() == 0:
                                    while True: time.sleep(1)
                        except OSError as error:
                            said.append(error.strerror)
                        self.say("|".join(said))
                        """),
                "mayfly.yaml",
                ServerlessTest.settings("tmp: 8MiB\n    pids: 32")));

        assertThat(Http.get(Http.join(url, "/api/f")).body())
                .isEqualTo("No space left on device|Resource temporarily unavailable");
    }

    @Test
    void packages_are_installed_and_other_functions_are_reached() throws IOException {
        var hello = home.deploy(home.project("hello", "api/f.py", Home.handler("self.say('hello')")));
        var url = home.deploy(home.project(
                "caller",
                "requirements.txt",
                "requests==2.32.3\n",
                "api/f.py",
                "import requests\n"
                        + Home.handler("self.say(requests.get('" + Http.join(hello, "/api/f") + "').text)")));

        assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo("hello");
    }

    @Test
    void zero_is_zero_without_root_too() throws IOException {
        var url = home.deploy(home.project(
                "brief",
                "api/f.py",
                Home.handler("self.say('hi')"),
                "mayfly.yaml",
                ServerlessTest.settings("idleTimeout: 300ms")));

        assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo("hi");

        await().atMost(Duration.ofSeconds(20))
                .until(() -> !home.json("ps").toString().contains("brief"));
    }

    @Test
    void require_isolation_refuses_to_start_and_names_the_fix() throws IOException {
        try (var strict = Home.ofOrdinaryUser()) {
            var run = strict.mayflyRun("server", "--require-isolation");

            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err()).contains("--require-isolation: limits: weak").contains("fix: ");
        }
    }
}
