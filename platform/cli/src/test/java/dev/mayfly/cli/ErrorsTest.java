package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErrorsTest {
    @TempDir
    private Path root = Path.of("");

    @Test
    void no_server_was_ever_started() throws IOException {
        var outcome = new Typist(root).type("ls");
        assertThat(outcome).isEqualTo(new Typist.Outcome(1, "", """
                error: no server is running for ~/.mayfly
                  fix: mayfly up
                """));
    }

    @Test
    void the_server_that_was_started_is_gone() throws IOException {
        var typist = new Typist(root);
        try (var server = new FakeServer()) {
            typist.servedBy(server.url(), FakeServer.TOKEN);
        }
        var outcome = typist.type("ls");
        assertThat(outcome).isEqualTo(new Typist.Outcome(1, "", """
                error: no server is running for ~/.mayfly
                  fix: mayfly up
                """));
    }

    @Test
    void the_given_server_does_not_answer() throws IOException {
        String url;
        try (var server = new FakeServer()) {
            url = server.url();
        }
        var outcome = new Typist(root).type("ls", "--server", url);
        assertThat(outcome).isEqualTo(new Typist.Outcome(1, "", """
                error: %s does not answer
                  fix: check --server and MAYFLY_SERVER, or mayfly up
                """.formatted(url)));
    }

    @Test
    void the_token_is_wrong() throws IOException {
        try (var server = new FakeServer()) {
            var outcome = new Typist(root).servedBy(server.url(), "wrong-token").type("ls");
            assertThat(outcome).isEqualTo(new Typist.Outcome(1, "", """
                    error: the token is not valid here
                      fix: set MAYFLY_TOKEN to the content of the file token in the server's MAYFLY_HOME
                    """));
        }
    }

    @Test
    void the_token_of_the_environment_is_wrong_where_that_of_the_home_would_do() throws IOException {
        try (var server = new FakeServer()) {
            var typist = new Typist(root)
                    .servedBy(server.url(), FakeServer.TOKEN)
                    .with("MAYFLY_TOKEN", "x")
                    .file("api/hello.py", "");
            var told = new Typist.Outcome(1, "", """
                    error: MAYFLY_TOKEN is not valid here
                      fix: unset MAYFLY_TOKEN
                    """);
            assertThat(typist.type("ls")).isEqualTo(told);
            assertThat(typist.type("deploy")).isEqualTo(told);
        }
    }

    @Test
    void with_json_an_error_is_told_to_programs_too() throws IOException {
        var typist = new Typist(root);
        assertThat(typist.type("ls", "--json")).isEqualTo(new Typist.Outcome(1, """
                {"error":{"code":"failed","message":"no server is running for ~/.mayfly","fix":"mayfly up"}}
                """, """
                error: no server is running for ~/.mayfly
                  fix: mayfly up
                """));
        assertThat(typist.type("ls", "more", "--json")).isEqualTo(new Typist.Outcome(2, """
                {"error":{"code":"usage","message":"more is one word too many for mayfly ls","fix":"mayfly ls --help"}}
                """, """
                error: more is one word too many for mayfly ls
                  fix: mayfly ls --help
                """));
    }

    @Test
    void MAYFLY_TOKEN_comes_before_the_token_of_the_home() throws IOException {
        try (var server = new FakeServer().answer("GET /projects", "{\"projects\":[]}")) {
            var outcome = new Typist(root)
                    .servedBy(server.url(), "wrong-token")
                    .with("MAYFLY_TOKEN", FakeServer.TOKEN)
                    .type("ls");
            assertThat(outcome).isEqualTo(new Typist.Outcome(0, "", "no projects yet: mayfly deploy DIR\n"));
        }
    }

    @Test
    void something_else_listens_there() throws IOException {
        try (var server = new FakeServer().answer("GET /projects", 502, Map.of(), "<html>Bad gateway</html>")) {
            var outcome =
                    new Typist(root).servedBy(server.url(), FakeServer.TOKEN).type("ls");
            assertThat(outcome).isEqualTo(new Typist.Outcome(1, "", """
                    error: %s does not answer like a Mayfly server
                      fix: --server URL, or MAYFLY_SERVER
                    """.formatted(server.url())));
        }
    }

    @Test
    void the_address_is_no_address() throws IOException {
        var outcome = new Typist(root).with("MAYFLY_SERVER", "ftp://x y").type("ls");
        assertThat(outcome).isEqualTo(new Typist.Outcome(1, "", """
                error: server address: ftp://x y (expected: http://HOST:PORT)
                  fix: --server http://HOST:PORT
                """));
    }

    @Test
    void an_error_inside_the_server_names_the_request() throws IOException {
        try (var server = new FakeServer().refuse("GET /projects", 500, "internal", "something broke", "")) {
            var outcome =
                    new Typist(root).servedBy(server.url(), FakeServer.TOKEN).type("ls");
            assertThat(outcome)
                    .isEqualTo(new Typist.Outcome(1, "", "error: something broke (request 0000065a1b2c3d4e)\n"));
        }
    }

    @Test
    void an_unknown_command_suggests_the_nearest() throws IOException {
        var outcome = new Typist(root).type("deplyo");
        assertThat(outcome).isEqualTo(new Typist.Outcome(2, "", """
                error: there is no command deplyo
                  fix: mayfly deploy
                """));
    }

    @Test
    void an_unknown_option_points_to_the_help() throws IOException {
        var outcome = new Typist(root).type("deploy", "--production");
        assertThat(outcome).isEqualTo(new Typist.Outcome(2, "", """
                error: mayfly deploy has no option --production
                  fix: mayfly deploy --help
                """));
    }

    @Test
    void a_word_that_is_missing_is_a_usage_error_and_nothing_is_called() throws IOException {
        for (var command : List.of("rm", "invoke", "env set", "env rm", "env import")) {
            var outcome = new Typist(root).type(command.split(" "));
            assertThat(outcome.code()).as(command).isEqualTo(2);
            assertThat(outcome.err())
                    .as(command)
                    .startsWith("error: Missing required parameter")
                    .endsWith("  fix: mayfly " + command + " --help\n");
        }
    }

    @Test
    void with_json_an_error_is_also_the_envelope_of_the_api() throws IOException {
        try (var server = new FakeServer()
                .refuse("GET /projects/nosuch", 404, "project_not_found", "there is no project nosuch", "mayfly ls")) {
            var typist = new Typist(root).servedBy(server.url(), FakeServer.TOKEN);
            assertThat(typist.type("url", "nosuch", "--json"))
                    .isEqualTo(new Typist.Outcome(
                            1,
                            "{\"error\":{\"code\":\"project_not_found\",\"message\":\"there is no project nosuch\",\"fix\":\"mayfly ls\"}}\n",
                            "error: there is no project nosuch\n  fix: mayfly ls\n"));
            assertThat(typist.type("url", "--nosuch", "--json").out()).startsWith("{\"error\":{\"code\":\"usage\",");
        }
        assertThat(new Typist(root.resolve("other")).type("ls", "--json").out())
                .startsWith("{\"error\":{\"code\":\"failed\",");
    }

    @Test
    void a_damaged_server_json_is_no_crash() throws IOException {
        var typist = new Typist(root);
        Files.createDirectories(typist.home());
        Files.writeString(typist.home().resolve("server.json"), "{\"url\"");
        var outcome = typist.type("ls");
        assertThat(outcome)
                .isEqualTo(new Typist.Outcome(1, "", """
                error: %s is damaged
                  fix: mayfly up
                """.formatted(typist.home().resolve("server.json"))));
    }
}
