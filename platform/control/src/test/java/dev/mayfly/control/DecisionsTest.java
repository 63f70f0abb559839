package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Reason;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Scope;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What the platform decided by itself, as the API tells it. */
class DecisionsTest {
    @TempDir
    Path folder;

    private static JsonNode json(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return TestControl.JSON.readTree(answer.body());
    }

    /** Deploys, calls, and has everything decided about that call. */
    private static InvocationId called(TestControl control) throws Exception {
        var id = control.deploy("hello", "one", true)
                .getLast()
                .at("/deployment/id")
                .asString();
        var called = control.json("POST", "/projects/hello/functions/-/invocations?path=/api/hello", "x");
        var invocation = new InvocationId(HexFormat.fromHexDigitsToLong(
                called.headers().firstValue("x-mayfly-invocation").orElseThrow()));
        control.engine.decided(id, invocation);
        return invocation;
    }

    private static HttpResponse<String> as(TestControl control, String token, String path) throws Exception {
        return control.send(control.request(path)
                .setHeader("authorization", "Bearer " + token)
                .build());
    }

    @Test
    void aRequestIsToldAsAStoryOfItsRecordAndWhatWasDecided() throws Exception {
        try (var control = new TestControl(folder)) {
            var id = called(control);

            var told = json(control.get("/invocations/" + id + "/decisions"));

            assertThat(told.at("/project").asString()).isEqualTo("hello");
            assertThat(told.at("/function").asString()).isEqualTo("api/hello");
            assertThat(told.at("/record/id").asString()).isEqualTo(id.toString());
            assertThat(told.at("/decisions")).hasSize(Reason.values().length);
            var story = told.get("story").toString();
            assertThat(story)
                    .contains("It was answered with 200", "for an instance to start", "which was cold")
                    .contains("from pool (specialise 0.4, load 1.6)")
                    .contains("It got a slot of instance i-1 after 40 ms")
                    .contains("Instance i-1 was started for it")
                    .contains("What overrules it: maxInstances 20, the default.")
                    .contains("What overrules it: --call-depth 5, from command line.")
                    .contains("has 9, 0000000000 has 1; it got seat 4, because the client's cookie says its seat")
                    .contains("Nothing overrules that: only the code can change that");
        }
    }

    @Test
    void aFunctionSaysWhyItHasAsManyInstancesAsItHas() throws Exception {
        try (var control = new TestControl(folder)) {
            called(control);

            var told = json(control.get("/projects/hello/decisions?function=api/hello&limit=5"));

            assertThat(told.get("decisions")).hasSize(5);
            assertThat(told.get("leftOut").asInt()).isEqualTo(Reason.values().length - 5);
            assertThat(told.at("/functions/0/startedFor/waiting_costs_more").asInt())
                    .isEqualTo(2);
            assertThat(told.at("/functions/0/story").toString())
                    .contains(
                            "Now: 2 instances and 1 starting, 2 requests running, 3 in the queue (the first for 40 ms)")
                    .contains("Why 3: 1 started, because a request came and there was none; 2 started, because waiting")
                    .contains("Why not more: there are as many instances as are allowed (maxInstances 20, the default)")
                    .contains("7 older decisions of it are no longer kept");
        }
    }

    @Test
    void aFunctionThatWasNeverCalledSaysThat() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            var told = json(control.get("/projects/hello/decisions"));

            assertThat(told.get("decisions")).isEmpty();
            assertThat(told.at("/functions/0/story").toString())
                    .contains("nothing has called it since the server started", "minInstances 0, the default");
        }
    }

    @Test
    void anErrorThatCameToNoFunctionIsKnownByItsId() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);
            var refused = control.json("POST", "/projects/hello/functions/-/invocations?path=/nowhere", "x");
            var id = TestControl.JSON
                    .readTree(refused.body())
                    .at("/error/requestId")
                    .asString();

            var told = json(control.get("/invocations/" + id + "/decisions"));

            assertThat(told.at("/answer/status").asInt()).isEqualTo(404);
            assertThat(told.at("/project").asString()).isEqualTo("hello");
            assertThat(told.get("record").isNull()).isTrue();
            assertThat(told.get("story").toString()).contains("answered", "with 404 not_found", "came to no function");
        }
    }

    @Test
    void anotherTeamSeesNothingOfIt() throws Exception {
        try (var control = new TestControl(folder)) {
            control.addTeam("others");
            control.addToken("mf_others", "others", Scope.ADMIN);
            var id = called(control);
            var refused = control.json("POST", "/projects/hello/functions/-/invocations?path=/nowhere", "x");
            var edge = TestControl.JSON
                    .readTree(refused.body())
                    .at("/error/requestId")
                    .asString();

            for (var path : new String[] {"/projects/hello/decisions", "/automatic?project=hello"}) {
                assertThat(as(control, "mf_others", path).body()).contains("\"project_not_found\"");
            }
            control.store.usage().flush();
            assertThat(as(control, "mf_others", "/invocations/" + id).statusCode())
                    .isEqualTo(404);
            assertThat(as(control, "mf_others", "/usage").body())
                    .contains("\"sums\":[]")
                    .doesNotContain("hello");
            assertThat(control.get("/usage").body()).contains("\"project\":\"hello\"");
            for (var each : new String[] {id.toString(), edge}) {
                var answer = as(control, "mf_others", "/invocations/" + each + "/decisions");
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(404);
                assertThat(answer.body())
                        .contains("nothing is known of a request")
                        .doesNotContain("hello");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/invocations/12/decisions|400",
                "/invocations/zzzzzzzzzzzzzzzz/decisions|400",
                "/invocations/0000000000000000/decisions|400",
                "/invocations/ffffffffffffffff/decisions|404",
                "/projects/nobody/decisions|404",
                "/projects/hello/decisions?function=api/nothing|404",
                "/projects/hello/decisions?deployment=0000000000|404",
                "/projects/hello/decisions?limit=0|400",
                "/projects/hello/decisions?limit=many|400",
                "/projects/hello/decisions?request=12|400",
                "/projects/hello/decisions?other=1|400",
                "/automatic?project=nobody|404",
                "/automatic?project=A|400"
            })
    void whatIsNotThereOrNoIdIsSaid(String path, int status) throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            var answer = control.get(path);

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        }
    }

    @Test
    void whatIsDecidedByItselfIsListedWithWhatAProjectHas() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            var list = json(control.get("/automatic?project=hello"))
                    .get("automatic")
                    .toString();

            assertThat(list)
                    .contains(
                            "\"key\":\"maxInstances\"", "\"own\":[{\"of\":\"\",\"value\":\"20\",\"from\":\"default\"}]")
                    .contains("\"value\":\"functions (api has entrypoints)\"", "\"key\":\"--call-depth\"")
                    .contains("\"key\":\"mayfly alias\"", "\"from\":\"mayfly history hello\"");
        }
    }
}
