package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Instances start with requests, as many as are needed, and go away. */
class ServerlessTest {
    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    @Test
    void nothing_runs_before_the_first_call_and_nothing_after_the_idle_timeout() throws IOException {
        var url = home.deploy(home.project(
                "idle", "api/hello.py", Home.handler("self.say('hi')"), "mayfly.yaml", settings("idleTimeout: 500ms")));
        home.awaitZero();

        var answer = Http.get(Http.join(url, "/api/hello"));

        assertThat(answer.body()).isEqualTo("hi");
        assertThat(answer.headers().firstValue("x-mayfly-request-id")).isPresent();
        home.awaitZero();
        assertThat(Http.get(Http.join(url, "/api/hello")).statusCode()).isEqualTo(200);
    }

    @Test
    void requests_beyond_the_concurrency_start_more_instances_up_to_the_maximum() throws IOException {
        var url = home.deploy(home.project(
                "wide",
                "api/who.py",
                Home.handler("time.sleep(0.7)\nself.say(ME)"),
                "mayfly.yaml",
                settings("maxInstances: 3\n    idleTimeout: 20s")));
        var calls = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 9; i++) {
            calls.add(Http.getLater(Http.join(url, "/api/who")));
        }

        var pids = new HashSet<String>();
        for (var call : calls) {
            var answer = call.join();
            assertThat(answer.statusCode()).isEqualTo(200);
            pids.add(answer.body());
        }

        assertThat(pids).hasSize(3);
    }

    @Test
    void a_full_queue_answers_503_with_retry_after() throws IOException {
        var url = home.deploy(home.project(
                "narrow",
                "api/slow.py",
                Home.handler("time.sleep(1.5)\nself.say('done')"),
                "mayfly.yaml",
                settings("maxInstances: 1\n    queue: 1")));
        var calls = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 6; i++) {
            calls.add(Http.getLater(Http.join(url, "/api/slow")));
        }

        var answers = calls.stream().map(CompletableFuture::join).toList();

        assertThat(answers.stream().map(HttpResponse::statusCode)).containsOnly(200, 503);
        assertThat(answers.stream().filter(a -> a.statusCode() == 200)).hasSize(2);
        assertThat(answers.stream().filter(a -> a.statusCode() == 503))
                .allSatisfy(
                        a -> assertThat(a.headers().firstValue("retry-after")).isPresent());
    }

    @Test
    void a_request_past_its_timeout_gets_504_and_the_next_one_a_fresh_instance() throws IOException {
        var url = home.deploy(home.project(
                "late",
                "api/late.py",
                Home.handler("if 'slow' in self.path: time.sleep(60)\nself.say(ME)"),
                "mayfly.yaml",
                settings("timeout: 700ms")));
        var before = Http.get(Http.join(url, "/api/late")).body();

        var late = Http.get(Http.join(url, "/api/late?slow"));

        assertThat(late.statusCode()).isEqualTo(504);
        assertThat(late.body()).contains("function_timeout");
        var after = Http.get(Http.join(url, "/api/late"));
        assertThat(after.statusCode()).isEqualTo(200);
        assertThat(after.body()).isNotEqualTo(before);
    }

    @Test
    void a_crash_is_a_500_whose_request_id_logs_finds() throws IOException {
        var url = home.deploy(home.project(
                "crash",
                "api/boom.py",
                Home.handler("print('about to fall')\nraise ValueError('boom')"),
                "api/gone.py",
                Home.handler("print('last words')\nos._exit(3)")));

        var raised = Http.get(Http.join(url, "/api/boom"));
        var exited = Http.get(Http.join(url, "/api/gone"));

        assertThat(raised.statusCode()).isEqualTo(500);
        assertThat(logsOf("crash", raised)).contains("about to fall", "ValueError: boom", "api/boom.py");
        assertThat(exited.statusCode()).isEqualTo(500);
        assertThat(logsOf("crash", exited)).contains("last words", "exited with code 3");
    }

    @Test
    void a_deployment_keeps_its_own_url_while_production_moves_on() throws IOException {
        var project = home.project("moves", "api/v.py", Home.handler("self.say('one')"));
        home.deploy(project);
        var first = home.json("inspect", "moves").get("production").asString();
        home.project("moves", "api/v.py", Home.handler("self.say('two')"));

        var preview = home.mayflyIn(project, "deploy").ok().line();

        var production = home.mayflyRun("url", "moves").ok().line();
        assertThat(Http.get(Http.join(production, "/api/v")).body()).isEqualTo("one");
        assertThat(Http.get(Http.join(preview, "/api/v")).body()).isEqualTo("two");
        home.mayflyIn(project, "deploy", "--prod").ok();
        assertThat(Http.get(Http.join(production, "/api/v")).body()).isEqualTo("two");
        var old = home.json("inspect", first).get("url").asString();
        assertThat(Http.get(Http.join(old, "/api/v")).body()).isEqualTo("one");
    }

    static String settings(String lines) {
        return "functions:\n  \"api/*.py\":\n    " + lines + "\n";
    }

    private static String logsOf(String project, HttpResponse<String> answer) {
        var id = answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
        var text = new String[1];
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            text[0] = home.mayflyRun("logs", project, "--request", id).ok().out();
            return text[0].lines().count() >= 2;
        });
        return text[0];
    }
}
