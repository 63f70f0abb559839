package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mayfly top}: as a table, as JSON, and on a real terminal, which is given back however it ends. */
class TopTest {
    private static final String ACTIVITY = """
            {"at":1772366400000,"complete":true,"currency":"USD","functions":[
             {"project":"hello","function":"api/slow","windowMillis":10000,"requests":10,"requestsPerSecond":1.0,
              "p50Micros":900000,"p99Micros":1800000,"running":1,"queued":0,
              "instances":{"starting":0,"idle":0,"busy":1,"draining":0},"cpu":0.9,"memoryBytes":52428800,"errors":0,
              "errorsPerSecond":0.0,"coldStarts":1,"pricePerHour":0.25},
             {"project":"shop","function":"api/busy","windowMillis":10000,"requests":420,"requestsPerSecond":42.0,
              "p50Micros":4200,"p99Micros":9900,"running":3,"queued":7,
              "instances":{"starting":1,"idle":1,"busy":2,"draining":0},"cpu":0.31,"memoryBytes":94371840,"errors":5,
              "errorsPerSecond":0.5,"coldStarts":0,"pricePerHour":0.0125},
             {"project":"hello","function":"api/idle","windowMillis":10000,"requests":0,"requestsPerSecond":0,
              "p50Micros":null,"p99Micros":null,"running":0,"queued":0,
              "instances":{"starting":0,"idle":1,"busy":0,"draining":0},"cpu":0,"memoryBytes":20971520,"errors":0,
              "errorsPerSecond":0,"coldStarts":0,"pricePerHour":0}]}
            """;
    private static final String DETAIL = """
            {"at":1772366400000,"currency":"USD","function":
             {"project":"shop","function":"api/busy","requestsPerSecond":42.0,"queued":7,
              "instances":{"starting":0,"idle":0,"busy":1,"draining":0}},
             "instances":[{"id":"dep-1","deployment":"dep","state":"busy","active":2,"cpu":0.31,"memoryBytes":94371840,
              "startedAt":1772366340000,"reason":"first request"}],
             "requests":[{"id":"00000000000000aa","startedAt":1772366399000,"status":200,"outcome":"ok","queueMicros":0,
              "initMicros":0,"runMicros":4200,"cpuMicros":1000,"cold":false,"price":0.0000006}],
             "errors":[{"id":"00000000000000bb","at":1772366398000,"status":503,"text":"busy\\u001b]0;evil\\u0007"}]}
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
        server.answer("GET /activity", ACTIVITY);
        server.answer("GET /projects/shop/functions/api%2Fbusy/activity", DETAIL);
        typist = new Typist(root).servedBy(server.url(), FakeServer.TOKEN);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void where_there_is_no_terminal_it_is_a_table_the_most_called_first() {
        assertThat(typist.type("top").out()).isEqualTo("""
                FUNCTION        REQ/S     P50     P99  INST  QUEUE   CPU  MEMORY  ERR/S  $/HOUR
                shop api/busy    42.0  4.2 ms  9.9 ms   2/4      7  0.31  90 MiB    0.5  0.0125
                hello api/slow    1.0  900 ms   1.8 s   1/1      0  0.90  50 MiB    0.0  0.2500
                hello api/idle    0.0       -       -   0/1      0  0.00  20 MiB    0.0  0.0000
                """);
    }

    @Test
    void it_is_sorted_by_any_column() {
        assertThat(order("cost")).containsExactly("api/slow", "api/busy", "api/idle");
        assertThat(order("name")).containsExactly("api/idle", "api/slow", "api/busy");
        assertThat(order("p99")).containsExactly("api/slow", "api/busy", "api/idle");
        assertThat(order("instances")).containsExactly("api/busy", "api/idle", "api/slow");
        for (var column : TopColumn.values()) {
            assertThat(order(column.word())).hasSize(3);
        }
        var wrong = typist.type("top", "--sort", "beauty");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("--sort: beauty (expected: one of name, rate,");
    }

    private List<String> order(String column) {
        return typist.type("top", "--sort", column)
                .out()
                .lines()
                .skip(1)
                .map(line -> line.split(" +", -1)[1])
                .toList();
    }

    @Test
    void a_project_and_a_function_narrow_it() {
        assertThat(typist.type("top", "shop").code()).isZero();
        server.request("GET", "/activity?project=shop");
        var detail = typist.type("top", "shop", "--function", "api/busy").out();
        assertThat(detail)
                .contains("dep-1     dep         busy        2  0.31  90 MiB  60 s  first request")
                .contains("00000000000000bb  2 s     503  busy\\x1b]0;evil\\x07")
                .contains("00000000000000aa  1 s     200  ok");
        var wrong = typist.type("top", "--function", "api/busy");
        assertThat(wrong.code()).isEqualTo(2);
    }

    @Test
    void json_is_one_object_a_line() {
        var out = typist.type("top", "--json").out();
        assertThat(out.lines()).hasSize(1);
        assertThat(Json.object(out).objects("functions")).hasSize(3);
        assertThat(typist.type("top", "--json", "--interval", "1ms").code()).isEqualTo(2);
    }

    @Test
    void usage_lists_requests_with_their_ids() {
        server.answer("GET /projects/shop/requests", DETAIL);
        var listed = typist.type("usage", "shop", "--requests");
        assertThat(listed.out()).isEqualTo("""
                REQUEST           AGE  STATUS  OUTCOME  QUEUE  START     RAN     CPU        PRICE
                00000000000000aa  1 s     200  ok        0 ms   warm  4.2 ms  1.0 ms  $0.00000060
                """);
        assertThat(listed.err())
                .isEqualTo(
                        "mayfly explain 00000000000000aa · mayfly inspect 00000000000000aa · mayfly logs shop --request 00000000000000aa\n");
    }

    /** Drives it on a pseudo terminal; what it ends with, after what was typed, is said by the script. */
    private String onATerminal(String scenario) throws IOException, InterruptedException {
        var script = root.resolve("terminal.py");
        try (var source = TopTest.class.getResourceAsStream("terminal.py")) {
            Files.write(script, source == null ? new byte[0] : source.readAllBytes());
        }
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var process = new ProcessBuilder(List.of(
                        "python3",
                        script.toString(),
                        scenario,
                        java,
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-Dmayfly.terminal.out=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.mayfly.cli.Main",
                        "top",
                        "--interval",
                        "100ms",
                        "--server",
                        server.url()))
                .redirectErrorStream(true);
        process.environment().put("MAYFLY_TOKEN", FakeServer.TOKEN);
        process.environment().put("HOME", root.toString());
        process.environment().put("TERM", "xterm");
        var running = process.start();
        var out = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(running.exitValue()).as(out).isZero();
        return out;
    }

    @Test
    void keys_sort_choose_open_filter_and_quit() throws Exception {
        assertThat(onATerminal("keys")).contains("fine");
    }

    @Test
    void it_fills_a_terminal_that_is_resized() throws Exception {
        assertThat(onATerminal("resize")).contains("fine");
    }

    @Test
    void a_server_that_goes_away_is_said_and_looked_for() throws Exception {
        server.refuse(
                "GET /projects/shop/functions/api%2Fbusy/activity", 503, "unavailable", "the server is closing", "");
        assertThat(onATerminal("trouble")).contains("fine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "HUP", "KILL"})
    void the_terminal_is_given_back_after(String signal) throws Exception {
        assertThat(onATerminal(signal)).contains("fine");
    }
}
