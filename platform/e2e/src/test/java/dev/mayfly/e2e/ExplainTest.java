package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What the platform decided by itself is told as it was. */
class ExplainTest {
    private static final String SLOW = Home.handler("time.sleep(1)\nself.say('slow')");

    @SuppressWarnings("NullAway.Init")
    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    private static String id(HttpResponse<String> answer) {
        return answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
    }

    private static JsonNode explained(HttpResponse<String> answer) {
        return home.json("explain", id(answer));
    }

    private static List<String> reasons(JsonNode told) {
        return told.get("decisions").findValuesAsString("reason");
    }

    /** Its record is there as soon as its worker has said that it is done with it. */
    private static JsonNode ended(HttpResponse<String> answer) {
        await().until(() -> !explained(answer).get("record").isNull());
        return explained(answer);
    }

    private static Path project(String name, String settings) throws IOException {
        return home.project(name, "api/slow.py", SLOW, "mayfly.yaml", "functions:\n  api/slow:\n" + settings.indent(4));
    }

    @Test
    void every_command_of_the_page_does_what_the_page_says() throws IOException {
        Page.check("explain.md", 13);
    }

    @Test
    void cold_warm_waiting_and_refused_say_why_and_the_function_how_many_it_has() throws Exception {
        var url = Http.join(home.deploy(project("crowd", "maxInstances: 2\nqueue: 1")), "/api/slow");

        var cold = ended(Http.get(url));
        assertThat(reasons(cold)).containsExactly("instance_on_its_way", "no_instance", "slot_after_waiting");
        assertThat(cold.at("/record/cold").asBoolean()).isTrue();
        assertThat(cold.get("story").toString()).contains("which was cold", "first request");

        var warm = ended(Http.get(url));
        assertThat(reasons(warm)).containsExactly("free_slot");
        assertThat(warm.get("story").toString()).contains("which was warm", "at once");

        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 8; i++) {
            answers.add(Http.getLater(url));
        }
        var all = answers.stream().map(CompletableFuture::join).toList();
        var refused = all.stream().filter(each -> each.statusCode() == 503).toList();
        var served = all.stream().filter(each -> each.statusCode() == 200).toList();
        assertThat(refused).isNotEmpty();
        for (var each : refused) {
            var told = explained(each);
            assertThat(reasons(told)).contains("queue_full");
            assertThat(told.at("/answer/status").asInt()).isEqualTo(503);
            assertThat(told.get("record").isNull()).isTrue();
            assertThat(told.get("story").toString()).contains("the queue was full", "queue 1, from deployment");
        }
        var waited = served.stream()
                .map(ExplainTest::ended)
                .filter(told -> told.at("/record/queueMicros").asLong() > 300_000)
                .toList();
        assertThat(waited).as("one waited for another to be over").isNotEmpty();
        for (var told : waited) {
            assertThat(reasons(told)).endsWith("slot_after_waiting").hasSizeGreaterThan(1);
            assertThat(told.at("/decisions").findValue("waitedMicros")).isNotNull();
        }

        var function = home.json("explain", "crowd/api/slow").at("/functions/0");
        assertThat(function.at("/now/instances").asInt()).isEqualTo(2);
        assertThat(function.at("/startedFor/no_instance").asInt()).isEqualTo(1);
        assertThat(function.get("story").toString()).contains("Why 2: 1 started, because a request came");
        assertThat(home.mayflyRun("explain", "crowd").ok().out())
                .contains("overruled by maxInstances: 2 (deployment ", "times, last ");
    }

    @Test
    void who_was_led_by_weight_is_told_of_the_weights() throws Exception {
        var folder = home.project("half", "api/v.py", Home.handler("self.say('one')"));
        home.deploy(folder);
        home.project("half", "api/v.py", Home.handler("self.say('two')"));
        home.mayflyIn(folder, "deploy").ok();
        var ids = home.json("inspect", "half").get("deployments").findValuesAsString("id");
        home.mayflyRun("alias", "production", ids.get(0) + "=3", ids.get(1) + "=1", "-p", "half")
                .ok();
        var url = Http.join(home.mayflyRun("url", "half").ok().line(), "/api/v");

        var answer = Http.get(url);
        var told = ended(answer);

        var split = told.at("/decisions/0");
        assertThat(split.get("reason").asString()).isEqualTo("led_by_weight");
        assertThat(split.at("/split/by").asString()).isEqualTo("turn");
        assertThat(split.at("/split/seats").asInt()).isEqualTo(4);
        assertThat(split.get("deployment").asString())
                .isEqualTo(answer.headers().firstValue("x-mayfly-deployment").orElseThrow());
        assertThat(split.at("/split/weights").findValuesAsString("id")).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(told.get("story").get(1).asString()
                        + told.get("story").get(2).asString())
                .contains("its alias leads to several deployments", "seats are taken in turns");
    }

    @Test
    void an_error_that_came_to_no_function_is_told_and_garbage_is_refused() throws Exception {
        var url = home.deploy(home.project("edge", "api/v.py", Home.handler("self.say('one')")));

        var lost = Http.get(Http.join(url, "/api/nowhere"));
        var told = explained(lost);

        assertThat(lost.statusCode()).isEqualTo(404);
        assertThat(told.at("/answer/code").asString()).isEqualTo("not_found");
        assertThat(told.get("project").asString()).isEqualTo("edge");
        for (var garbage : List.of("ffffffffffffffff", "zzz", "edge/api/other", "../..", "%00", "edge/")) {
            var run = home.mayflyRun("explain", garbage);
            assertThat(run.exit()).as(garbage).isEqualTo(1);
            assertThat(run.err()).as(garbage).startsWith("error: ");
        }
    }

    @Test
    void what_a_project_sets_is_listed_beside_what_is_decided_for_it() throws Exception {
        home.deploy(project("set", "maxInstances: 7"));

        var list = home.json("explain", "--automatic", "set").get("automatic");

        for (var each : list) {
            if (each.get("key").asString().equals("maxInstances")) {
                assertThat(each.at("/own/0/value").asString()).isEqualTo("7");
                assertThat(each.at("/own/0/from").asString()).startsWith("deployment ");
            } else if (each.get("key").asString().equals("--first-port")) {
                assertThat(each.get("from").asString()).isEqualTo("command line");
            }
        }
        assertThat(list.findValuesAsString("key")).contains("maxInstances", "--first-port", "mayfly alias");
    }
}
