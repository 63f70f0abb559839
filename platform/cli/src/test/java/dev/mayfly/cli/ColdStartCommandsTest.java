package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands tell of cold starts, and of what is kept so that they are fast. */
class ColdStartCommandsTest {
    @TempDir
    private Path root = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private FakeServer server;

    @SuppressWarnings("NullAway.Init")
    private Typist typist;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        server.answer("GET /projects", "{\"projects\":[{\"name\":\"hello\"}]}");
        typist = new Typist(root).servedBy(server.url(), FakeServer.TOKEN);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void ps_names_what_is_kept_for_fast_starts() {
        server.answer("GET /processes", """
                {"processes":[
                 {"pid":12,"role":"pool","runtime":"python3.11","state":"ready","reason":"ready for the next start",
                  "residentBytes":15728640,"cpuMillis":41},
                 {"pid":13,"role":"dependency-zygote","project":"hello","state":"ready","reason":"workers are forked from it",
                  "residentBytes":15728640,"cpuMillis":41}]}
                """);
        assertThat(typist.type("ps").out()).isEqualTo("""
                PID  WHAT               WHOSE              STATE  MEMORY    CPU  WHY
                 12  pool               mayfly python3.11  ready  15 MiB  41 ms  ready for the next start
                 13  dependency-zygote  hello              ready  15 MiB  41 ms  workers are forked from it
                """);
    }

    @Test
    void coldstarts_say_where_time_goes_and_what_helps() {
        server.answer("GET /projects/hello/coldstarts", """
                {"project":"hello","calls":16,"failed":0,"unknown":2,"complete":false,
                 "rungs":[
                  {"function":"api/hello","rung":"pool","starts":12,"calls":13,"p50Micros":2900,"p99Micros":5800,"maxMicros":6100,
                   "queueMicros":0,"steps":[{"name":"specialise","micros":400},{"name":"load","micros":1600},
                   {"name":"other","micros":100}],"handlerMicros":2000},
                  {"function":"api/hello","rung":"boot","starts":1,"calls":1,"p50Micros":97000,"p99Micros":97000,"maxMicros":97000,
                   "queueMicros":0,"steps":[{"name":"sandbox","micros":6000},{"name":"boot","micros":60000}],"handlerMicros":3000}],
                 "imports":[{"function":"api/hello","module":"flask","starts":13,"meanMicros":1200,"maxMicros":61000}],
                 "reasons":[{"function":"api/hello","rung":"boot","why":"the pool was empty","starts":1}],
                 "advice":[{"function":"api/hello","about":"imports","text":"importing flask takes long","fix":"do not"},
                  {"function":null,"about":"pool","text":"the pool was empty","fix":"--pool-workers"}]}
                """);
        var outcome = typist.type("coldstarts", "hello", "--since", "1d", "--function", "api/hello");
        assertThat(outcome.out()).isEqualTo("""
                FUNCTION   FROM  STARTS  CALLS     P50     P99     MAX  QUEUE  SANDBOX  SPECIALISE   BOOT    LOAD   OTHER  HANDLER
                api/hello  pool      12     13  2.9 ms  5.8 ms  6.1 ms   0 ms        -      0.4 ms      -  1.6 ms  0.1 ms   2.0 ms
                api/hello  boot       1      1   97 ms   97 ms   97 ms   0 ms   6.0 ms           -  60 ms       -       -   3.0 ms

                FUNCTION   IMPORTS  STARTS    MEAN    MAX
                api/hello  flask        13  1.2 ms  61 ms

                FUNCTION   FROM  STARTS  BECAUSE
                api/hello  boot       1  the pool was empty
                """);
        assertThat(outcome.err()).isEqualTo("""
                2 calls more waited, of which an older server did not record from where
                there were more: these are the newest 16 calls
                api/hello: importing flask takes long
                  do not
                the pool was empty
                  --pool-workers
                """);
        assertThat(server.request("GET", "/projects/hello/coldstarts").path())
                .isEqualTo("/projects/hello/coldstarts?since="
                        + Typist.NOW.minusSeconds(86_400).toEpochMilli() + "&function=api%2Fhello");
    }

    @Test
    void coldstarts_of_what_never_waited_are_none() {
        server.answer("GET /projects/hello/coldstarts", "{\"calls\":0,\"rungs\":[]}");
        assertThat(typist.type("coldstarts"))
                .isEqualTo(new Typist.Outcome(0, "", "no call of hello waited for a start in the last 30d\n"));
        assertThat(typist.type("coldstarts", "--json").out()).isEqualTo("{\"calls\":0,\"rungs\":[]}\n");
        server.refuse(
                "GET /projects/nobody/coldstarts", 404, "project_not_found", "there is no project nobody", "mayfly ls");
        assertThat(typist.type("coldstarts", "nobody")).isEqualTo(new Typist.Outcome(1, "", """
                error: there is no project nobody
                  fix: mayfly ls
                """));
        assertThat(typist.type("coldstarts", "--since", "yesterday").code()).isEqualTo(2);
    }

    @Test
    void inspect_takes_a_request() {
        server.answer("GET /invocations/0000065a1b2c3d4e", """
                {"id":"0000065a1b2c3d4e","project":"hello","deployment":"abcdefghjk","function":"api/hello","instance":"abcdefghjk-1",
                 "startedAt":1772366100000,"queueMicros":0,"initMicros":3100,"runMicros":2000,"memory":536870912,"cpuMicros":2000,
                 "cpuSource":"cgroup","outcome":"ok","status":200,"cold":true,"rung":"zygote","why":"the pool was empty",
                 "steps":[{"name":"clone","micros":1000},{"name":"load","micros":1600}],
                 "imports":[{"module":"flask","micros":1200}],"price":0.00000004}
                """);
        assertThat(typist.type("inspect", "0000065a1b2c3d4e").out()).isEqualTo("""
                request     0000065a1b2c3d4e
                project     hello
                deployment  abcdefghjk
                function    api/hello
                instance    abcdefghjk-1
                accepted    2026-03-01T11:55:00Z
                outcome     ok, status 200
                memory      512 MiB
                CPU         2 ms, by cgroup
                price       $0.00000004
                start       from zygote
                because     the pool was empty

                STEP       TOOK
                queue      0 ms
                start    3.1 ms
                  clone  1.0 ms
                  load   1.6 ms
                handler  2.0 ms

                IMPORTS    TOOK
                flask    1.2 ms
                """);
    }

    @Test
    void inspect_tells_a_request_of_an_older_server_and_one_that_is_not_there() {
        server.answer(
                        "GET /invocations/0000065a1b2c3d4e",
                        "{\"id\":\"0000065a1b2c3d4e\",\"cold\":true,\"initMicros\":97000}")
                .refuse("GET /invocations/0000065a1b2c3d4f", 404, "not_found", "no invocation has ended here", "");
        assertThat(typist.type("inspect", "0000065a1b2c3d4e").out()).contains("cold; from where was not recorded");
        assertThat(typist.type("inspect", "0000065a1b2c3d4f").err()).contains("no invocation has ended here");
    }

    @Test
    void usage_tells_the_platforms_own_memory_apart() {
        server.answer("GET /usage/platform", """
                {"sums":[{"role":"pool","whose":"python3.11","day":"2026-03-01","measure":"resident","seconds":3600,"gbSeconds":225.0,
                 "meanBytes":67108864,"peakBytes":83886080,"price":0.0006625}],
                 "total":{"gbSeconds":225.0,"price":0.0006625},"prices":{"gbHour":0.0106},"currency":"USD"}
                """);
        assertThat(typist.type("usage", "--platform", "--since", "1d")).isEqualTo(new Typist.Outcome(0, """
                KEPT   FOR         DAY         GB-SECONDS    MEAN    PEAK        PRICE
                pool   python3.11  2026-03-01     225.000  64 MiB  80 MiB  $0.00066250
                total                             225.000                  $0.00066250
                """, """
                the platform's own memory, so that starts are fast: it is in no project's bill
                as far as the server may not see what processes share, shared memory counts once for each
                """));
        assertThat(typist.type("usage", "hello", "--platform").code()).isEqualTo(2);
        assertThat(typist.type("usage", "--platform", "--function", "f").code()).isEqualTo(2);
    }
}
