package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Names that are moved while they are used. */
class AliasesTest {
    @SuppressWarnings("NullAway.Init")
    private static Home shared;

    @BeforeAll
    static void start() throws IOException {
        shared = Home.started();
    }

    @AfterAll
    static void stop() throws IOException {
        shared.close();
    }

    @Test
    void every_command_of_the_page_does_what_the_page_says() throws IOException {
        Page.check("aliases.md", 20);
    }

    @Test
    void no_request_fails_while_production_moves_back_and_forth() throws Exception {
        var ids = versions(shared, "busy", 2);
        var url = Http.join(shared.mayflyRun("url", "busy").ok().line(), "/api/v");
        var stop = new AtomicBoolean();
        var answers = new ConcurrentLinkedQueue<HttpResponse<String>>();
        Callable<Void> client = () -> {
            while (!stop.get()) {
                answers.add(Http.get(url));
            }
            return null;
        };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var clients = new ArrayList<Future<Void>>();
            for (int i = 0; i < 6; i++) {
                clients.add(threads.submit(client));
            }
            try {
                for (int i = 0; i < 20; i++) {
                    int to = i % 2 == 0 ? 1 : 0;
                    var body = to == 1 ? "{\"deployment\":\"" + ids.get(1) + "\"}" : "{}";
                    var moved = api(shared, "POST", "busy/" + (to == 1 ? "promotion" : "rollback"), body);
                    assertThat(moved.statusCode()).as(moved.body()).isEqualTo(200);

                    assertThat(Http.get(url).body()).as("the next request").isEqualTo("v" + to);
                }
            } finally {
                stop.set(true);
            }
            for (var each : clients) {
                each.get();
            }
        }

        assertThat(answers).isNotEmpty().allSatisfy(answer -> {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("x-mayfly-deployment"))
                    .contains(ids.get(answer.body().equals("v0") ? 0 : 1));
        });
        assertThat(new HashSet<>(answers.stream().map(HttpResponse::body).toList()))
                .isEqualTo(Set.of("v0", "v1"));
    }

    @Test
    void a_long_request_is_finished_by_the_deployment_that_took_it() throws Exception {
        var slow = shared.project("slow", "app.py", """
                import time

                def app(environ, start_response):
                    start_response("200 OK", [])
                    def parts():
                        yield b"old "
                        time.sleep(3)
                        yield b"to the end"
                    return parts()
                """);
        var url = shared.deploy(slow);
        var waiting = Http.getLater(url);
        await().until(() -> shared.json("ps").get("processes").toString().contains("\"project\":\"slow\""));
        shared.project("slow", "app.py", """
                def app(environ, start_response):
                    start_response("200 OK", [])
                    return [b"new"]
                """);
        shared.deploy(slow);

        assertThat(Http.get(url).body()).isEqualTo("new");
        assertThat(waiting.join().body()).isEqualTo("old to the end");
    }

    @Test
    void a_split_has_its_proportions_and_who_has_a_cookie_stays() throws Exception {
        var ids = versions(shared, "split", 3);
        var url = Http.join(shared.mayflyRun("url", "split").ok().line(), "/api/v");
        shared.mayflyRun(
                        "alias",
                        "production",
                        ids.get(0) + "=5",
                        ids.get(1) + "=3",
                        ids.get(2) + "=2",
                        "--sticky",
                        "cookie",
                        "-p",
                        "split")
                .ok();
        var counts = new HashMap<String, Integer>();
        for (int client = 0; client < 50; client++) {
            var first = Http.get(url);
            counts.merge(first.body(), 1, Integer::sum);
            var cookie = first.headers().firstValue("set-cookie").orElseThrow().replaceFirst(";.*", "");
            for (int i = 0; i < 3; i++) {
                var next = Http.send(
                        Http.request(url).header("Cookie", cookie).GET().build());
                assertThat(next.body()).isEqualTo(first.body());
                assertThat(next.headers().firstValue("set-cookie")).isEmpty();
            }
        }

        assertThat(counts).isEqualTo(Map.of("v0", 25, "v1", 15, "v2", 10));
        assertThat(shared.json("history", "split").at("/moves/0/deployments")).hasSize(3);
    }

    @Test
    void what_is_used_outlives_the_newest_and_what_is_not_does_not() throws Exception {
        try (var home = Home.withOptions("--keep-deployments 1").startServer()) {
            var ids = versions(home, "kept", 2);
            home.mayflyRun("alias", "stable", ids.get(1), "-p", "kept").ok();
            ids.add(version(home, "kept", 2));
            var used = home.json("inspect", "kept--" + ids.get(2)).get("url").asString();
            assertThat(Http.get(Http.join(used, "/api/v")).body()).isEqualTo("v2");
            ids.add(version(home, "kept", 3));
            ids.add(version(home, "kept", 4));

            var kept = new ArrayList<String>();
            home.json("inspect", "kept")
                    .get("deployments")
                    .forEach(each -> kept.add(each.get("id").asString()));
            assertThat(kept)
                    .as("production, an alias, one with an instance, the newest")
                    .containsExactlyInAnyOrder(ids.get(0), ids.get(1), ids.get(2), ids.get(4));
            assertThat(Http.get(Http.join(used, "/api/v")).body()).isEqualTo("v2");
        }
    }

    @Test
    void a_server_killed_while_it_moves_comes_back_with_the_old_or_the_new() throws Exception {
        killWhileMoving(1);
    }

    @Test
    @Tag("soak")
    void the_same_twenty_times() throws Exception {
        killWhileMoving(20);
    }

    private static void killWhileMoving(int rounds) throws Exception {
        try (var home = Home.started()) {
            var ids = versions(home, "killed", 2);
            var known = Map.of(ids.get(0), "v0", ids.get(1), "v1");
            for (int round = 0; round < rounds; round++) {
                var moved = new AtomicInteger();
                var refused = new ConcurrentLinkedQueue<String>();
                var moving = Thread.ofVirtual().start(() -> {
                    try {
                        for (int i = 0; ; i++) {
                            var split = "{\"deployments\":[{\"id\":\"" + ids.get(i % 2) + "\"}]}";
                            var answer = api(home, "PUT", "killed/aliases/production", split);
                            if (answer.statusCode() == 200) {
                                moved.incrementAndGet();
                            } else {
                                refused.add(answer.body());
                            }
                        }
                    } catch (AssertionError | IOException killed) {
                        // as it should be
                    }
                });
                await().until(() -> moved.get() > 1 || !refused.isEmpty());
                Thread.sleep(100);
                kill9(home);
                moving.join();
                assertThat(refused).isEmpty();
                home.startServer();

                var alias = home.json("alias", "production", "-p", "killed").at("/aliases/0/deployments");
                assertThat(alias).hasSize(1);
                var id = alias.get(0).get("id").asString();
                var answer =
                        Http.get(Http.join(home.mayflyRun("url", "killed").ok().line(), "/api/v"));
                assertThat(answer.body()).isEqualTo(known.get(id));
                assertThat(home.json("history", "killed")
                                .at("/moves/0/deployments/0/id")
                                .asString())
                        .isEqualTo(id);
            }
        }
    }

    /** Deployments of one project that say which they are; the first is production. */
    private static List<String> versions(Home home, String project, int count) throws IOException {
        var ids = new ArrayList<String>();
        for (int n = 0; n < count; n++) {
            ids.add(version(home, project, n));
        }
        return ids;
    }

    private static String version(Home home, String name, int n) throws IOException {
        Path project = home.project(name, "api/v.py", Home.handler("self.say('v" + n + "')"));
        var deployed = Home.JSON.readTree(home.mayflyIn(project, "deploy", "--json", "--set", "idleTimeout=10m")
                .ok()
                .out());
        return deployed.at("/deployment/id").asString();
    }

    private static HttpResponse<String> api(Home home, String method, String path, String body) throws IOException {
        var url = URI.create("http://127.0.0.1:" + home.port + "/mayfly/v1/projects/" + path);
        return Http.send(Http.request(url.toString())
                .header("Authorization", "Bearer " + home.token())
                .method(method, BodyPublishers.ofString(body))
                .build());
    }

    private static void kill9(Home home) throws IOException {
        var server = ProcessHandle.of(home.serverPid()).orElseThrow();
        server.destroyForcibly();
        server.onExit().join();
        Files.deleteIfExists(home.home().resolve("server.json"));
    }
}
