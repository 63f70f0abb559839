package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Functions that call functions, at the URLs that work outside. */
class CallsTest {
    private static final String FETCH = """
            import urllib.request, urllib.error, urllib.parse
            def fetch(url, headers={}):
                try:
                    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
                        return answer.read().decode()
                except urllib.error.HTTPError as error:
                    return "%d %s" % (error.code, error.read().decode())
            """;

    private static Home home;
    private static String hello;
    private static String caller;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
        hello = home.deploy(home.project("hello", "api/f.py", Home.handler("self.say('hello from ' + ME)"))) + "api/f";
        caller = home.deploy(home.project(
                        "caller",
                        "api/f.py",
                        FETCH + Home.handler("self.say(fetch(urllib.parse.unquote(self.path.split('?', 1)[1])))"),
                        "mayfly.yaml",
                        ServerlessTest.settings("egress: none")))
                + "api/f";
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    @Test
    void a_function_without_egress_reaches_others_at_both_forms_of_their_url() {
        assertThat(through(hello)).startsWith("hello from ");
        assertThat(through("http://hello.localhost:" + home.port + "/api/f")).startsWith("hello from ");
    }

    @Test
    void the_management_api_refuses_callers_from_inside_by_every_name_it_has() {
        for (var host : new String[] {"127.0.0.1", "localhost"}) {
            assertThat(through("http://" + host + ":" + home.port + "/mayfly/v1/projects"))
                    .startsWith("403 ")
                    .contains("the management API does not answer from inside a function");
        }
    }

    @Test
    void a_chain_of_calls_that_loops_is_cut_with_508_and_says_so_in_the_log() throws IOException {
        var url = home.deploy(home.project(
                        "loop",
                        "api/f.py",
                        FETCH + Home.handler("self.say(fetch(os.environ['MAYFLY_URL'] + 'api/f'))"),
                        "mayfly.yaml",
                        ServerlessTest.settings("maxInstances: 20\n    idleTimeout: 2s")))
                + "api/f";

        var answer = Http.get(url);

        assertThat(answer.body()).contains("508").contains("call_loop");
        await().untilAsserted(() ->
                assertThat(home.mayflyRun("logs", "loop").ok().out()).contains("at the end of a chain of 17 calls"));
        assertThat(home.json("usage", "loop").get("total").get("invocations").asInt())
                .isEqualTo(1 + 16);
    }

    @Test
    void after_a_server_was_killed_calls_lead_to_the_next_one() throws IOException {
        var server = ProcessHandle.of(home.serverPid()).orElseThrow();
        server.destroyForcibly();
        server.onExit().join();
        Files.delete(home.home().resolve("server.json"));

        home.startServer();

        assertThat(through("http://hello.localhost:" + home.port + "/api/f")).startsWith("hello from ");
    }

    private static String through(String url) {
        return Http.get(caller + "?" + java.net.URLEncoder.encode(url, java.nio.charset.StandardCharsets.UTF_8))
                .body();
    }
}
