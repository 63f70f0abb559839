package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Scope;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Promoting, rolling back and dividing; where an answer came, the next request goes there. */
class AliasesTest {
    @TempDir
    Path folder;

    @Test
    void aPromotedDeploymentServesTheNextRequestAndARollbackTheOneAfter() throws Exception {
        try (var control = new TestControl(folder)) {
            var one = deploy(control, "hello", "one");
            var two = deploy(control, "hello", "two");
            assertThat(served(control, "hello")).isEqualTo(one);

            var promoted = post(control, "/projects/hello/promotion", "{\"deployment\":\"" + two + "\"}");

            assertThat(served(control, "hello")).isEqualTo(two);
            assertThat(promoted.at("/moved").asBoolean()).isTrue();
            assertThat(promoted.at("/alias/deployments/0/id").asString()).isEqualTo(two);
            assertThat(promoted.at("/before/0/id").asString()).isEqualTo(one);
            assertThat(promoted.at("/alias/url").asString())
                    .isEqualTo(project(control, "hello").get("url").asString());

            var back = post(control, "/projects/hello/rollback", "{}");
            assertThat(served(control, "hello")).isEqualTo(one);
            assertThat(back.at("/before/0/id").asString()).isEqualTo(two);
            assertThat(project(control, "hello").get("production").asString()).isEqualTo(one);
        }
    }

    @Test
    void withoutADeploymentTheNewestIsPromotedAndTwiceChangesNothing() throws Exception {
        try (var control = new TestControl(folder)) {
            deploy(control, "hello", "one");
            var two = deploy(control, "hello", "two");

            assertThat(post(control, "/projects/hello/promotion", "{}")
                            .get("moved")
                            .asBoolean())
                    .isTrue();
            var again = post(control, "/projects/hello/promotion", "{}");

            assertThat(again.get("moved").asBoolean()).isFalse();
            assertThat(again.at("/alias/deployments/0/id").asString()).isEqualTo(two);
            assertThat(moves(control, "hello")).hasSize(2);
        }
    }

    @Test
    void aRollbackMayNameWhatWasProductionBefore() throws Exception {
        try (var control = new TestControl(folder)) {
            var one = deploy(control, "hello", "one");
            control.deploy("hello", "two", true);
            control.deploy("hello", "three", true);
            var never = deploy(control, "hello", "four");

            post(control, "/projects/hello/rollback", "{\"deployment\":\"" + one + "\"}");
            assertThat(served(control, "hello")).isEqualTo(one);

            refused(
                    control.json("POST", "/projects/hello/rollback", "{\"deployment\":\"" + never + "\"}"),
                    409,
                    "deployment " + never + " was not production of hello before",
                    "mayfly promote hello--" + never);
            refused(
                    control.json("POST", "/projects/hello/rollback", "{}"),
                    409,
                    "pointed to nothing else before that is still there",
                    "mayfly promote DEPLOYMENT");
        }
    }

    @Test
    void anAliasIsMadeDividedMadeStickyAndRemoved() throws Exception {
        try (var control = new TestControl(folder)) {
            var one = deploy(control, "hello", "one");
            var two = deploy(control, "hello", "two");
            var both = "{\"deployments\":[{\"id\":\"" + two + "\",\"weight\":3},{\"id\":\"" + one + "\"}]";

            var made = control.json("PUT", "/projects/hello/aliases/canary", both + "}");
            assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
            var alias = TestControl.JSON.readTree(made.body()).get("alias");
            assertThat(alias.get("deployments").toString())
                    .isEqualTo(TestControl.JSON
                            .readTree("[{\"id\":\"" + one + "\",\"weight\":1},{\"id\":\"" + two + "\",\"weight\":3}]")
                            .toString());
            assertThat(alias.get("url").asString()).isEqualTo("http://hello--canary.localhost:" + control.port + "/");

            var sticky = control.json("PUT", "/projects/hello/aliases/canary", "{\"sticky\":\"header:X-User\"}");
            assertThat(sticky.body()).contains("\"sticky\":\"header:x-user\"", "\"weight\":3");
            assertThat(control.json("PUT", "/projects/hello/aliases/canary", both + "}")
                            .body())
                    .as("it stays as sticky as it was")
                    .contains("\"sticky\":\"header:x-user\"", "\"moved\":false");
            assertThat(control.get("/projects/hello/deployments/" + one).body())
                    .contains("\"aliases\":[\"canary\",\"production\"]");
            assertThat(control.delete("/projects/hello/deployments/" + two).statusCode())
                    .isEqualTo(409);

            assertThat(control.delete("/projects/hello/aliases/canary").statusCode())
                    .isEqualTo(204);
            assertThat(control.delete("/projects/hello/deployments/" + two).statusCode())
                    .isEqualTo(204);
            assertThat(moves(control, "hello"))
                    .extracting(move -> move.get("cause").asString())
                    .containsExactly("remove", "alias", "deploy");
            assertThat(moves(control, "hello")
                            .get(1)
                            .at("/deployments/1/removed")
                            .asBoolean())
                    .isTrue();
            assertThat(control.get("/projects/hello/history?alias=production&limit=1")
                            .body())
                    .contains("\"cause\":\"deploy\"")
                    .doesNotContain("canary");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "canary|{}|400|deployments: missing (expected: a list, as there is no alias canary yet)",
                "canary|{\"deployments\":[]}|400|deployments of canary: 0 (expected: 1 to 10 of them)",
                "canary|{\"deployments\":[null]}|400|deployments[0].id: missing",
                "canary|{\"deployments\":[{\"id\":\"ID\",\"weight\":0}]}|400|weight of ID: 0 (expected: a whole number from 1 to 1000",
                "canary|{\"deployments\":[{\"id\":\"ID\",\"weight\":-1}]}|400|weight of ID: -1 (expected: a whole number from 1 to 1000",
                "canary|{\"deployments\":[{\"id\":\"ID\",\"weight\":1001}]}|400|weight of ID: 1001 (expected: a whole number",
                "canary|{\"deployments\":[{\"id\":\"ID\",\"weight\":99999999999999999999}]}|400|weight of ID: 99999999999999999999 (expected: a whole",
                "canary|{\"deployments\":[{\"id\":\"ID\",\"weight\":1.5}]}|400|weight of ID: 1.5 (expected: a whole number",
                "canary|{\"deployments\":[{\"id\":\"ID\",\"weight\":\"x\"}]}|400|deployments[0].weight",
                "canary|{\"deployments\":[{\"id\":\"ID\"},{\"id\":\"ID\"}]}|400|deployment ID of canary: given twice",
                "canary|{\"deployments\":[{\"id\":\"nope\"}]}|400|deployment id: nope (expected: ten of a-z and 0-9)",
                "canary|{\"deployments\":[{\"id\":\"zzzzzzzzzz\"}]}|404|there is no deployment zzzzzzzzzz of hello",
                "canary|{\"deployments\":[{\"id\":\"ID\"},{\"id\":\"OTHER\"}]}|404|there is no deployment OTHER of hello",
                "canary|{\"deployments\":[{\"id\":\"ID\"}],\"sticky\":\"always\"}|400|sticky: always (expected: none, cookie",
                "canary|{\"deployments\":[{\"id\":\"ID\"}],\"more\":1}|400|more",
                "Canary|{\"deployments\":[{\"id\":\"ID\"}]}|400|alias: Canary (expected: 1 to 50 of a-z",
                "a--b|{\"deployments\":[{\"id\":\"ID\"}]}|400|alias: a--b (expected",
                "%2e%2e%2fx|{\"deployments\":[{\"id\":\"ID\"}]}|400|alias: ../x (expected",
                "abcdefghjk|{\"deployments\":[{\"id\":\"ID\"}]}|400|alias: abcdefghjk (expected: a name that no deployment can have",
            })
    void whatCannotBeIsRefusedAndChangesNothing(String name, String body, int status, String message) throws Exception {
        try (var control = new TestControl(folder)) {
            var id = deploy(control, "hello", "one");
            var other = deploy(control, "other", "one");
            long revision = control.store.catalog().snapshot().revision();

            var answer = control.json(
                    "PUT",
                    "/projects/hello/aliases/" + name,
                    body.replace("ID", id).replace("OTHER", other));

            refused(answer, status, message.replace("ID", id).replace("OTHER", other), "");
            assertThat(control.store.catalog().snapshot().revision()).isEqualTo(revision);
        }
    }

    @Test
    void deploymentsOfOthersAreNeitherPromotedNorRolledBackTo() throws Exception {
        try (var control = new TestControl(folder)) {
            deploy(control, "hello", "one");
            var other = deploy(control, "other", "one");
            for (var path : new String[] {"promotion", "rollback"}) {
                refused(
                        control.json("POST", "/projects/hello/" + path, "{\"deployment\":\"" + other + "\"}"),
                        404,
                        "there is no deployment " + other + " of hello",
                        "mayfly inspect hello");
                refused(
                        control.json("POST", "/projects/nobody/" + path, "{}"),
                        404,
                        "there is no project nobody",
                        "mayfly ls");
                refused(
                        control.json("POST", "/projects/hello/" + path, "{\"deployment\":\"../../x\"}"),
                        400,
                        "deployment id: ../../x",
                        "");
            }
            refused(
                    control.delete("/projects/hello/aliases/nope"),
                    404,
                    "there is no alias nope of hello",
                    "mayfly alias");
            refused(
                    control.delete("/projects/hello/aliases/production"),
                    409,
                    "every project has its production",
                    "mayfly promote");
        }
    }

    @Test
    void whoMayReadMayLookAndWhoseTeamIsAnotherSeesNothing() throws Exception {
        try (var control = new TestControl(folder)) {
            deploy(control, "hello", "one");
            control.addToken("mf_read", Scope.READ);
            control.addTeam("guests");
            control.addToken("mf_guest", "guests", Scope.ADMIN);

            assertThat(as(control, "mf_read", "GET", "/projects/hello/aliases")).isEqualTo(200);
            assertThat(as(control, "mf_read", "GET", "/projects/hello/history")).isEqualTo(200);
            for (var path : new String[] {"promotion", "rollback"}) {
                assertThat(as(control, "mf_read", "POST", "/projects/hello/" + path))
                        .isEqualTo(403);
                assertThat(as(control, "mf_guest", "POST", "/projects/hello/" + path))
                        .isEqualTo(404);
            }
            assertThat(as(control, "mf_read", "PUT", "/projects/hello/aliases/x"))
                    .isEqualTo(403);
            assertThat(as(control, "mf_guest", "GET", "/projects/hello/aliases"))
                    .isEqualTo(404);
            assertThat(as(control, "mf_guest", "DELETE", "/projects/hello/aliases/production"))
                    .isEqualTo(404);
        }
    }

    private static int as(TestControl control, String token, String method, String path) throws Exception {
        return control.http
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port + "/mayfly/v1" + path))
                                .header("authorization", "Bearer " + token)
                                .method(method, HttpRequest.BodyPublishers.ofString("{}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    private static void refused(HttpResponse<String> answer, int status, String message, String fix) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        var error = TestControl.JSON.readTree(answer.body()).get("error");
        assertThat(error.get("message").asString()).contains(message);
        assertThat(error.get("fix").asString()).contains(fix);
    }

    /** A preview, unless it is the first. */
    static String deploy(TestControl control, String project, String content) throws Exception {
        return control.deploy(project, content, false)
                .getLast()
                .at("/deployment/id")
                .asString();
    }

    private static JsonNode post(TestControl control, String path, String body) throws Exception {
        var answer = control.json("POST", path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return TestControl.JSON.readTree(answer.body());
    }

    private static JsonNode project(TestControl control, String name) throws Exception {
        return TestControl.JSON.readTree(control.get("/projects/" + name).body());
    }

    private static JsonNode moves(TestControl control, String name) throws Exception {
        return TestControl.JSON
                .readTree(control.get("/projects/" + name + "/history").body())
                .get("moves");
    }

    /** The deployment that answers a request for production. */
    static String served(TestControl control, String project) throws Exception {
        var url = URI.create(project(control, project).get("portUrl").asString() + "api/hello");
        return control.http
                .send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString())
                .headers()
                .firstValue("x-mayfly-deployment")
                .orElseThrow();
    }
}
