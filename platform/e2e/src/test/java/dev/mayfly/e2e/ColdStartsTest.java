package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A call that waited says for what. */
class ColdStartsTest {
    private static final String RUNGS = "(pool|zygote|dependencies|boot)";
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
    void a_cold_call_is_explained_in_its_line_its_record_and_its_project() throws IOException {
        var url = home.deploy(
                home.project("cold", "api/slow.py", "import time\ntime.sleep(2)\n" + Home.handler("self.say('hi')")));
        Http.get(Http.join(url, "/api/slow"));
        Http.get(Http.join(url, "/api/slow"));
        await().atMost(Duration.ofSeconds(5))
                .until(() -> home.json("usage", "cold").at("/total/invocations").asLong() == 2);

        var lines = home.mayflyRun("logs", "cold").ok().out();
        assertThat(lines).containsPattern("cold [0-9.]+ (ms|s) from " + RUNGS + " \\([a-z0-9., ]+\\) · ran");
        var id = firstRequest(lines);
        var record = home.json("inspect", id);
        assertThat(record.get("rung").asString()).matches(RUNGS);
        assertThat(micros(record, "load")).isGreaterThan(2_000_000);
        assertThat(record.get("initMicros").asLong()).isGreaterThan(2_000_000);
        assertThat(home.mayflyRun("inspect", id).ok().out())
                .contains("start       from ")
                .containsPattern("\\n  load +[0-9]");

        var report = home.json("coldstarts", "cold");
        assertThat(report.get("calls").asLong()).isEqualTo(1);
        assertThat(report.at("/rungs/0/starts").asLong()).isEqualTo(1);
        assertThat(report.at("/advice/0/about").asString()).isEqualTo("load");
        assertThat(home.mayflyRun("coldstarts", "cold").ok().out()).contains("api/slow");
    }

    @Test
    void a_start_that_failed_is_counted_as_that() throws IOException {
        var url = home.deploy(
                home.project("broken", "api/no.py", "raise ValueError('no')\nhandler = 1\n" + Home.handler("pass")));
        assertThat(Http.get(Http.join(url, "/api/no")).statusCode()).isEqualTo(500);

        var report = home.json("coldstarts", "broken");
        assertThat(report.get("failed").asLong()).isEqualTo(1);
        assertThat(report.get("rungs")).isEmpty();
        assertThat(report.at("/advice/0/about").asString()).isEqualTo("failed");
    }

    @Test
    void the_platforms_own_memory_is_a_bill_of_its_own() {
        var usage = home.json("usage", "--platform");

        assertThat(usage.get("sums").isArray()).isTrue();
        assertThat(usage.at("/prices/gbHour").asDouble()).isPositive();
    }

    /** The id of the request that the oldest line belongs to. */
    private static String firstRequest(String lines) {
        var found = java.util.regex.Pattern.compile("[0-9a-f]{16}").matcher(lines);
        assertThat(found.find()).isTrue();
        return found.group();
    }

    private static long micros(JsonNode record, String step) {
        long micros = 0;
        for (var each : record.get("steps")) {
            micros += each.get("name").asString().equals(step)
                    ? each.get("micros").asLong()
                    : 0;
        }
        return micros;
    }
}
