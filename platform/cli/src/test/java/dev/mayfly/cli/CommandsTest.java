package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
    private static final String PROJECTS = """
            {"projects":[
             {"name":"hello","createdAt":1772366100000,"url":"http://127.0.0.1:7101/","hostUrl":"http://hello.localhost:7070/",
              "portUrl":"http://127.0.0.1:7101/","production":"abcdefghjk","deployments":12,"functions":1},
             {"name":"shop","createdAt":1772000000000,"url":"http://127.0.0.1:7102/","portUrl":"http://127.0.0.1:7102/",
              "production":"0123456789","deployments":1,"functions":10}]}
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
        server.answer("GET /projects", PROJECTS);
        typist = new Typist(root).servedBy(server.url(), FakeServer.TOKEN);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void ls_is_a_table() {
        assertThat(typist.type("ls")).isEqualTo(new Typist.Outcome(0, """
                PROJECT  URL                     PRODUCTION  DEPLOYMENTS  FUNCTIONS    AGE
                hello    http://127.0.0.1:7101/  abcdefghjk           12          1  5 min
                shop     http://127.0.0.1:7102/  0123456789            1         10    4 d
                """, ""));
    }

    @Test
    void json_is_what_the_server_answered() {
        var printed = Json.object(typist.type("ls", "--json").out());
        assertThat(printed).isEqualTo(Json.object(PROJECTS));
    }

    @Test
    void url_is_that_of_the_folders_project() {
        server.answer("GET /projects/hello", "{\"name\":\"hello\",\"url\":\"http://127.0.0.1:7101/\"}");
        assertThat(typist.type("url").out()).isEqualTo("http://127.0.0.1:7101/\n");
    }

    @Test
    void ps_says_whose_and_why() {
        server.answer("GET /processes", """
                {"processes":[
                 {"pid":10,"role":"server","state":"running","reason":"mayfly up","residentBytes":104857600,"cpuMillis":1500},
                 {"pid":11,"role":"worker","project":"hello","function":"api/hello","state":"idle","reason":"a request came",
                  "residentBytes":15728640,"cpuMillis":41}]}
                """);
        assertThat(typist.type("ps").out()).isEqualTo("""
                PID  WHAT    WHOSE            STATE     MEMORY    CPU  WHY
                 10  server  mayfly           running  100 MiB  1.5 s  mayfly up
                 11  worker  hello api/hello  idle      15 MiB  41 ms  a request came
                """);
    }

    @Test
    void usage_sums_and_compares() {
        server.answer("GET /usage", """
                {"sums":[{"project":"hello","function":"api/hello","day":"2026-03-01","invocations":1000,"cold":3,"failed":1,
                 "billedMillis":4100,"gbSeconds":2.05,"cpuMillis":900,"unmeteredCpuMillis":100,"price":0.0000341,"alwaysOnPrice":0.0123}],
                 "total":{"invocations":1000,"cold":3,"failed":1,"billedMillis":4100,"gbSeconds":2.05,"cpuMillis":900,
                 "unmeteredCpuMillis":100,"price":0.0000341,"alwaysOnPrice":0.0123},"currency":"USD"}
                """);
        var outcome = typist.type("usage", "hello", "--since", "1d");
        assertThat(outcome).isEqualTo(new Typist.Outcome(0, """
                PROJECT  FUNCTION   DAY         CALLS  COLD  FAILED  BILLED  GB-SECONDS  ACTIVE CPU        PRICE    ALWAYS ON
                hello    api/hello  2026-03-01   1000     3       1   4.1 s       2.050      900 ms  $0.00003410  $0.01230000
                total                            1000     3       1   4.1 s       2.050      900 ms  $0.00003410  $0.01230000
                """, """
                starting and idling took 100 ms of CPU, which is not priced
                an instance that is always on would have cost 360 times as much
                """));
        assertThat(server.request("GET", "/usage").path())
                .isEqualTo("/usage?since=" + Typist.NOW.minusSeconds(86_400).toEpochMilli() + "&project=hello");
    }

    @Test
    void invoke_splits_answer_and_receipt() {
        server.answer(
                        "POST /projects/hello/functions/-/invocations",
                        201,
                        Map.of("x-mayfly-invocation", "0000065a1b2c3d4e"),
                        "hi there\n")
                .answer("GET /projects/hello/functions", "{\"functions\":[]}")
                .answer(
                        "GET /invocations/0000065a1b2c3d4e",
                        "{\"cold\":false,\"runMicros\":3000,\"cpuMicros\":2000,\"price\":0.00000004}");
        var outcome = typist.type("invoke", "hello", "/api/x?q=1", "-d", "body", "-H", "Content-Type: text/plain");
        assertThat(outcome)
                .isEqualTo(new Typist.Outcome(0, "hi there\n", "201 · warm · ran 3 ms · CPU 2 ms · $0.00000004\n"));
        var request = server.request("POST", "/projects/hello/functions/-/invocations");
        assertThat(request.path()).endsWith("?method=POST&path=%2Fapi%2Fx%3Fq%3D1");
        assertThat(request.text()).isEqualTo("body");
        assertThat(request.headers().get("Content-type")).containsExactly("text/plain");
    }

    @Test
    void invoke_with_json_tells_the_usage_record_and_nothing_else() {
        server.answer(
                        "POST /projects/hello/functions/-/invocations",
                        200,
                        Map.of("x-mayfly-invocation", "0000065a1b2c3d4e"),
                        "hi\n")
                .answer("GET /projects/hello/functions", "{\"functions\":[]}")
                .answer("GET /invocations/0000065a1b2c3d4e", "{\"cold\":false,\"runMicros\":3000}");
        assertThat(typist.type("invoke", "hello", "--json"))
                .isEqualTo(new Typist.Outcome(0, "hi\n", "{\"cold\":false,\"runMicros\":3000}\n"));
    }

    @Test
    void logs_do_not_let_a_stranger_steer_the_terminal() {
        server.answer("GET /projects/hello/logs", """
                {"at":0,"function":"f","stream":"stdout","level":0,"text":"a\\u001b[31mred\\u001b[2J\\rb\\u009b1A\\u0007\\tc\\nd"}
                """);
        assertThat(typist.type("logs").out()).endsWith("  f  a\033[31mred\\x1b[2J\\x0db\\x9b1A\\x07\tc\nd\033[0m\n");
    }

    @Test
    void invoke_fails_when_the_function_does() {
        server.answer(
                        "POST /projects/hello/functions/-/invocations",
                        500,
                        Map.of("x-mayfly-invocation", "0000065a1b2c3d4e"),
                        "oh no")
                .answer("GET /projects/hello/functions", "{\"functions\":[]}")
                .answer("GET /invocations/0000065a1b2c3d4e", "{\"cold\":true,\"initMicros\":9000,\"runMicros\":3000}");
        assertThat(typist.type("invoke", "hello"))
                .isEqualTo(new Typist.Outcome(1, "oh no", "500 · cold 9 ms · ran 3 ms · CPU 0 ms · $0\n"));
    }

    @Test
    void invoke_where_no_function_is_prints_the_answer() {
        server.answer(
                "POST /projects/hello/functions/-/invocations",
                404,
                Map.of("content-type", "text/plain; charset=utf-8"),
                "there is nothing at /nope of hello\n");
        assertThat(typist.type("invoke", "hello", "/nope"))
                .isEqualTo(new Typist.Outcome(0, "there is nothing at /nope of hello\n", "404\n"));
    }

    @Test
    void invoke_of_a_project_that_is_not_there() {
        server.refuse(
                "POST /projects/nosuch/functions/-/invocations",
                404,
                "project_not_found",
                "there is no project nosuch",
                "mayfly ls");
        assertThat(typist.type("invoke", "nosuch")).isEqualTo(new Typist.Outcome(1, "", """
                error: there is no project nosuch
                  fix: mayfly ls
                """));
    }

    @Test
    void invoke_of_a_path_that_is_not_there_lists_those_that_are() {
        server.answer(
                "POST /projects/hello/functions/-/invocations",
                404,
                java.util.Map.of(),
                "{\"error\":{\"code\":\"not_found\",\"message\":\"there is nothing at / of hello\",\"fix\":\"call one of its paths\",\"paths\":[\"/api/hello\",\"/b\"]}}");
        assertThat(typist.type("invoke", "hello")).isEqualTo(new Typist.Outcome(1, "", """
                error: there is nothing at / of hello
                  fix: call one of its paths:
                       /api/hello
                       /b
                """));
    }

    @Test
    void logs_are_filtered_by_the_server() {
        server.answer("GET /projects/hello/logs", """
                {"cursor":1,"at":1772366400000,"function":"api/hello","request":"0000065a1b2c3d4e","stream":"stdout","level":0,"text":"one"}
                {"cursor":2,"at":1772366400001,"function":"api/hello","stream":"platform","level":20,"text":"instance ended"}
                """);
        var outcome = typist.type("logs", "--request", "0000065a1b2c3d4e", "--since", "5m", "--function", "api/hello");
        assertThat(outcome.out()).matches("""
                \\d\\d:\\d\\d:00\\.000  api/hello  0000065a1b2c3d4e  one
                \\d\\d:\\d\\d:00\\.001  api/hello  instance ended
                """);
        assertThat(server.request("GET", "/projects/hello/logs").path())
                .isEqualTo("/projects/hello/logs?tail=1&limit=200&since="
                        + Typist.NOW.minusSeconds(300).toEpochMilli()
                        + "&request=0000065a1b2c3d4e&function=api%2Fhello");
    }

    @Test
    void a_since_that_is_no_time_is_a_usage_error() {
        assertThat(typist.type("logs", "--since", "soon")).isEqualTo(new Typist.Outcome(2, "", """
                error: --since: duration: soon (expected: a number with ms, s, m, h or d, as in 200ms)
                  fix: --since 5m
                """));
    }

    @Test
    void env_sends_values_and_shows_names() throws IOException {
        server.answer("PUT /projects/hello/env", 204, Map.of(), "")
                .answer("GET /projects/hello/env", "{\"names\":[\"A\",\"B\"]}")
                .answer("DELETE /projects/hello/env/A", 204, Map.of(), "");
        typist.file(".env", "B=2\nC='3'\n");
        assertThat(typist.type("env", "import", ".env").err()).isEqualTo("2 variables set for hello\n");
        assertThat(server.request("PUT", "/projects/hello/env").text())
                .isEqualTo("{\"variables\":{\"B\":\"2\",\"C\":\"3\"}}");
        assertThat(typist.type("env", "ls").out()).isEqualTo("A\nB\n");
        assertThat(typist.type("env", "rm", "A").err()).isEqualTo("1 variable removed from hello\n");
    }

    @Test
    void env_set_reads_a_secret_from_standard_input() {
        server.answer("PUT /projects/hello/env", 204, Map.of(), "");
        var outcome = typist.typing("s3cret\n").type("env", "set", "KEY", "--project", "hello");
        assertThat(outcome).isEqualTo(new Typist.Outcome(0, "", "1 variable set for hello\n"));
        assertThat(server.request("PUT", "/projects/hello/env").text())
                .isEqualTo("{\"variables\":{\"KEY\":\"s3cret\"}}");
    }

    @Test
    void rm_asks_unless_told_not_to() {
        server.answer("DELETE /projects/shop", 204, Map.of(), "");
        assertThat(typist.type("rm", "shop")).isEqualTo(new Typist.Outcome(2, "", """
                error: this removes project shop with all its deployments
                  fix: mayfly rm shop --yes
                """));
        assertThat(typist.type("rm", "shop", "--yes"))
                .isEqualTo(new Typist.Outcome(0, "", "removed project shop with all its deployments\n"));
    }

    @Test
    void rm_finds_a_deployment_by_its_id() {
        server.answer("GET /projects/hello/deployments", "{\"deployments\":[{\"id\":\"zzzzzzzzzz\"}]}")
                .answer("GET /projects/shop/deployments", "{\"deployments\":[]}")
                .answer("DELETE /projects/hello/deployments/zzzzzzzzzz", 204, Map.of(), "");
        assertThat(typist.type("rm", "zzzzzzzzzz", "--yes").err())
                .isEqualTo("removed deployment zzzzzzzzzz of hello\n");
        assertThat(typist.type("rm", "nosuch", "--yes").err()).isEqualTo("""
                error: there is no project or deployment nosuch
                  fix: mayfly ls
                """);
    }

    @Test
    void inspect_takes_a_url() {
        server.answer("GET /projects/hello/deployments/abcdefghjk", """
                {"id":"abcdefghjk","project":"hello","url":"http://127.0.0.1:7101/","production":true,"mode":"functions",
                 "reason":"api/hello.py defines handler","files":2,"bytes":2048,"warnings":[],
                 "functions":[{"name":"api/hello","runtime":"python3.11","paths":["/api/hello"],"instances":0,"state":"zero"}]}
                """);
        assertThat(typist.type("inspect", "http://hello--abcdefghjk.localhost:7070/x")
                        .out())
                .isEqualTo("""
                deployment  abcdefghjk  (production)
                project     hello
                url         http://127.0.0.1:7101/
                mode        functions: api/hello.py defines handler
                source      2 files, 2 KiB

                FUNCTION   RUNTIME     STATE  INSTANCES  PATHS
                api/hello  python3.11  zero           0  /api/hello
                """);
    }

    @Test
    void inspect_takes_the_loopback_address_of_a_deployment() {
        server.answer(
                        "GET /projects/hello/deployments",
                        "{\"deployments\":[{\"id\":\"zzzzzzzzzz\",\"portUrl\":\"http://127.0.0.1:7199/\"}]}")
                .answer("GET /projects/hello/deployments/zzzzzzzzzz", "{\"id\":\"zzzzzzzzzz\"}");
        assertThat(typist.type("inspect", "http://127.0.0.1:7199/api", "--json").out())
                .isEqualTo("{\"id\":\"zzzzzzzzzz\"}\n");
        server.answer("GET /projects/shop/deployments", "{\"deployments\":[]}");
        assertThat(typist.type("inspect", "http://127.0.0.1:7200/").err()).isEqualTo("""
                error: http://127.0.0.1:7200/ is no address of this server's projects
                  fix: mayfly ls
                """);
    }

    @Test
    void a_path_may_be_typed_as_people_write_it() {
        assertThat(Invocation.ascii("/a b/ü?q=%20&x=1")).isEqualTo("/a%20b/%C3%BC?q=%20&x=1");
    }

    @Test
    void version_needs_no_server() throws IOException {
        var outcome = new Typist(root.resolve("other")).type("version");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).matches("mayfly \\d+\\.\\d+\\.\\d+(-SNAPSHOT)? \\(Java \\S+\\)\n");
    }

    @Test
    void doctor_works_without_a_server() throws IOException {
        var outcome = new Typist(root.resolve("other")).type("doctor", "--json");
        assertThat(Json.object(outcome.out()).objects("findings"))
                .extracting(finding -> finding.text("subject"))
                .containsExactly("java", "python", "home", "server");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void doctor_adds_what_the_server_finds_and_fails_when_something_is_not_fine() {
        server.answer("GET /doctor", """
                {"findings":[{"subject":"isolation","fine":false,"detail":"none here","fix":"run as root"}]}
                """);
        var outcome = typist.with("MAYFLY_SERVER", server.url()).type("doctor");
        assertThat(outcome.out()).contains("FIX  isolation  none here\n").contains("fix: run as root\n");
        assertThat(outcome.code()).isEqualTo(1);
    }

    @Test
    void doctor_notes_what_is_weak_by_nature_without_failing() throws IOException {
        server.answer("GET /doctor", """
                {"findings":[{"subject":"isolation","fine":true,"detail":"none here","fix":"deploy what you trust"}]}
                """);
        var outcome = new Typist(root.resolve("other"))
                .with("MAYFLY_SERVER", server.url())
                .with("MAYFLY_TOKEN", FakeServer.TOKEN)
                .type("doctor");
        assertThat(outcome.out()).contains("note isolation  none here\n").contains("  deploy what you trust\n");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void every_command_has_help() {
        for (var command : new String[] {
            "up",
            "down",
            "server",
            "deploy",
            "ls",
            "ps",
            "inspect",
            "url",
            "invoke",
            "logs",
            "usage",
            "coldstarts",
            "explain",
            "promote",
            "rollback",
            "alias",
            "history",
            "env",
            "rm",
            "doctor",
            "prove",
            "version"
        }) {
            var outcome = typist.type(command, "--help");
            assertThat(outcome.code()).isZero();
            assertThat(outcome.out()).startsWith("Usage: mayfly " + command);
        }
        assertThat(typist.type("--help").out()).contains("usage", "doctor", "MAYFLY_HOME");
    }
}
