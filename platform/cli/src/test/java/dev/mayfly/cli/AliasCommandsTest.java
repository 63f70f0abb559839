package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AliasCommandsTest {
    private static final String PROJECTS = """
            {"projects":[{"name":"hello","url":"http://127.0.0.1:7101/","portUrl":"http://127.0.0.1:7101/","production":"aaaaaaaaaa"},
                         {"name":"shop","url":"http://127.0.0.1:7102/","portUrl":"http://127.0.0.1:7102/","production":"cccccccccc"}]}
            """;
    private static final String MOVED = """
            {"alias":{"name":"production","project":"hello","url":"http://127.0.0.1:7101/","hostUrl":"http://hello.localhost:7070/",
              "deployments":[{"id":"bbbbbbbbbb","weight":1}],"sticky":"none"},"moved":true,"before":[{"id":"aaaaaaaaaa","weight":1}]}
            """;

    @TempDir
    private Path root = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private FakeServer server;

    @SuppressWarnings("NullAway.Init")
    private Typist typist;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        server.answer("GET /projects", PROJECTS)
                .answer("GET /projects/hello/deployments", "{\"deployments\":[{\"id\":\"bbbbbbbbbb\"}]}")
                .answer("GET /projects/shop/deployments", "{\"deployments\":[{\"id\":\"cccccccccc\"}]}");
        typist = new Typist(root).servedBy(server.url(), FakeServer.TOKEN);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void promote_takes_the_newest_of_the_folders_project() {
        server.answer("POST /projects/hello/promotion", MOVED);
        assertThat(typist.type("promote"))
                .isEqualTo(new Typist.Outcome(
                        0, "http://127.0.0.1:7101/\n", "production of hello is bbbbbbbbbb; it was aaaaaaaaaa\n"));
        assertThat(server.request("POST", "/projects/hello/promotion").text()).isEqualTo("{}");
    }

    @ParameterizedTest
    @CsvSource({"bbbbbbbbbb", "hello--bbbbbbbbbb", "http://hello--bbbbbbbbbb.localhost:7070/"})
    void promote_takes_a_deployment_however_it_is_named(String named) {
        server.answer("POST /projects/hello/promotion", MOVED);
        assertThat(typist.type("promote", named).code()).isZero();
        assertThat(server.request("POST", "/projects/hello/promotion").text())
                .isEqualTo("{\"deployment\":\"bbbbbbbbbb\"}");
    }

    @ParameterizedTest
    @CsvSource({"bbbbbbbbbb", "hello--bbbbbbbbbb", "http://hello--bbbbbbbbbb.localhost:7070/"})
    void alias_takes_a_deployment_however_it_is_named(String named) {
        server.answer("PUT /projects/hello/aliases/canary", MOVED);
        assertThat(typist.type("alias", "canary", named + "=3").code()).isZero();
        assertThat(Json.object(
                        server.request("PUT", "/projects/hello/aliases/canary").text()))
                .isEqualTo(Json.object("{\"deployments\":[{\"id\":\"bbbbbbbbbb\",\"weight\":3}]}"));
    }

    @Test
    void promote_of_what_is_production_says_so() {
        server.answer("POST /projects/hello/promotion", MOVED.replace("true", "false"));
        assertThat(typist.type("promote").err()).isEqualTo("production of hello is bbbbbbbbbb already\n");
    }

    @Test
    void json_is_what_the_server_answered() {
        server.answer("POST /projects/hello/promotion", MOVED)
                .answer("POST /projects/hello/rollback", MOVED)
                .answer("PUT /projects/hello/aliases/production", MOVED);
        for (var command : new String[][] {
            {"promote", "--json"}, {"rollback", "--json"}, {"alias", "production", "bbbbbbbbbb", "--json"}
        }) {
            assertThat(Json.object(typist.type(command).out())).isEqualTo(Json.object(MOVED));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', hello, {}",
        "hello, hello, {}",
        "hello bbbbbbbbbb, hello, {\"deployment\":\"bbbbbbbbbb\"}",
        "hello hello--bbbbbbbbbb, hello, {\"deployment\":\"bbbbbbbbbb\"}",
        "bbbbbbbbbb, hello, {\"deployment\":\"bbbbbbbbbb\"}",
        "shop, shop, {}"
    })
    void rollback_takes_a_project_and_a_deployment(String words, String project, String body) {
        server.answer("POST /projects/" + project + "/rollback", MOVED);
        var arguments = ("rollback " + words).strip().split(" ");
        assertThat(typist.type(arguments).code()).isZero();
        assertThat(server.request("POST", "/projects/" + project + "/rollback").text())
                .isEqualTo(body);
    }

    @Test
    void rollback_to_a_deployment_of_another_project() {
        assertThat(typist.type("rollback", "hello", "shop--cccccccccc")).isEqualTo(new Typist.Outcome(2, "", """
                error: shop--cccccccccc is not a deployment of hello
                  fix: mayfly history hello
                """));
    }

    @Test
    void an_error_of_the_server_names_the_next_command() {
        server.refuse(
                "POST /projects/hello/rollback",
                409,
                "conflict",
                "production of hello pointed to nothing else before that is still there",
                "mayfly history hello; mayfly promote DEPLOYMENT chooses any");
        assertThat(typist.type("rollback")).isEqualTo(new Typist.Outcome(1, "", """
                error: production of hello pointed to nothing else before that is still there
                  fix: mayfly history hello; mayfly promote DEPLOYMENT chooses any
                """));
    }

    @Test
    void alias_divides_by_weight() {
        server.answer("PUT /projects/hello/aliases/production", """
                {"alias":{"name":"production","project":"hello","url":"http://127.0.0.1:7101/",
                  "deployments":[{"id":"aaaaaaaaaa","weight":2},{"id":"bbbbbbbbbb","weight":1}],"sticky":"cookie"},
                 "moved":true,"before":[{"id":"aaaaaaaaaa","weight":1}]}
                """);
        assertThat(typist.type("alias", "production", "hello--aaaaaaaaaa=2", "bbbbbbbbbb", "--sticky", "cookie"))
                .isEqualTo(
                        new Typist.Outcome(
                                0,
                                "http://127.0.0.1:7101/\n",
                                "production of hello is aaaaaaaaaa 66.7 %, bbbbbbbbbb 33.3 %; it was aaaaaaaaaa; sticky by cookie\n"));
        assertThat(server.request("PUT", "/projects/hello/aliases/production").json())
                .isEqualTo(
                        Json.object(
                                "{\"deployments\":[{\"id\":\"aaaaaaaaaa\",\"weight\":2},{\"id\":\"bbbbbbbbbb\",\"weight\":1}],\"sticky\":\"cookie\"}"));
    }

    @Test
    void alias_changes_how_sticky_it_is_alone() {
        server.answer("PUT /projects/shop/aliases/canary", MOVED);
        typist.type("alias", "canary", "--sticky", "header:X-User", "-p", "shop");
        assertThat(server.request("PUT", "/projects/shop/aliases/canary").text())
                .isEqualTo("{\"sticky\":\"header:X-User\"}");
    }

    @Test
    void alias_is_a_table() {
        server.answer("GET /projects/hello/aliases", """
                {"aliases":[{"name":"canary","url":"http://hello--canary.localhost:7070/","deployments":[{"id":"bbbbbbbbbb","weight":1}],"sticky":"none"},
                 {"name":"production","url":"http://127.0.0.1:7101/","deployments":[{"id":"aaaaaaaaaa","weight":999},{"id":"bbbbbbbbbb","weight":1}],"sticky":"cookie"}]}
                """);
        assertThat(typist.type("alias").out()).isEqualTo("""
                ALIAS       DEPLOYMENTS                          STICKY  URL
                canary      bbbbbbbbbb                           none    http://hello--canary.localhost:7070/
                production  aaaaaaaaaa 99.9 %, bbbbbbbbbb 0.1 %  cookie  http://127.0.0.1:7101/
                """);
        assertThat(typist.type("alias", "canary", "--json").out())
                .contains("canary")
                .doesNotContain("production");
        assertThat(typist.type("alias", "nope").err())
                .contains("there is no alias nope of hello", "mayfly alias nope DEPLOYMENT --project hello");
    }

    @Test
    void alias_is_removed() {
        server.answer("DELETE /projects/hello/aliases/canary", 204, Map.of(), "");
        assertThat(typist.type("alias", "canary", "--rm"))
                .isEqualTo(new Typist.Outcome(0, "", "removed canary of hello\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "alias canary aaaaaaaaaa=-1|weight of aaaaaaaaaa: -1 (expected: a whole number from 1 to 1000)",
                "alias canary aaaaaaaaaa=|weight of aaaaaaaaaa:  (expected: a whole number from 1 to 1000)",
                "alias canary aaaaaaaaaa=1.5|weight of aaaaaaaaaa: 1.5 (expected: a whole number from 1 to 1000)",
                "alias canary aaaaaaaaaa=99999999999|weight of aaaaaaaaaa: 99999999999 (expected",
                "alias canary aaaaaaaaaa=10%|weight of aaaaaaaaaa: 10% (expected",
                "alias canary shop--cccccccccc|shop--cccccccccc is not a deployment of hello",
                "alias --sticky cookie|--sticky: of which alias?",
                "alias --rm|--rm: takes a NAME and nothing else",
                "alias canary aaaaaaaaaa --rm|--rm: takes a NAME and nothing else",
                "rollback hello aaaaaaaaaa more|more is one word too many for mayfly rollback",
                "promote aaaaaaaaaa more|more is one word too many for mayfly promote",
                "history --limit many|--limit: many (expected: a whole number)"
            })
    void what_is_typed_wrong_is_told_before_anything_is_sent(String line, String message) {
        var outcome = typist.type(line.split(" "));
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(message);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void history_says_what_was_when_and_by_what() {
        server.answer("GET /projects/hello/history", """
                {"moves":[{"at":1772366100000,"alias":"production","cause":"rollback","deployments":[{"id":"aaaaaaaaaa","weight":1,"removed":false}]},
                 {"at":1772366000000,"alias":"canary","cause":"remove","deployments":[]},
                 {"at":1772000000000,"alias":"production","cause":"alias","deployments":[{"id":"aaaaaaaaaa","weight":1,"removed":false},{"id":"bbbbbbbbbb","weight":1,"removed":true}]}]}
                """);
        assertThat(typist.type("history").out()).isEqualTo("""
                  AGE  ALIAS       BY        DEPLOYMENTS
                5 min  production  rollback  aaaaaaaaaa
                6 min  canary      remove    nothing
                  4 d  production  alias     aaaaaaaaaa 50 %, bbbbbbbbbb (removed) 50 %
                """);
        assertThat(server.request("GET", "/projects/hello/history").path())
                .isEqualTo("/projects/hello/history?limit=20");
    }

    @Test
    void history_is_asked_for_one_alias() {
        server.answer("GET /projects/shop/history", "{\"moves\":[]}");
        assertThat(typist.type("history", "shop", "--alias", "canary", "-n", "3")
                        .err())
                .isEqualTo("no moves yet: mayfly alias NAME DEPLOYMENT\n");
        assertThat(server.request("GET", "/projects/shop/history").path())
                .isEqualTo("/projects/shop/history?limit=3&alias=canary");
    }
}
