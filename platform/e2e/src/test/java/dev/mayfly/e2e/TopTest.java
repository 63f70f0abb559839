package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What {@code mayfly top} says of a real server is what was done to it. */
class TopTest {
    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    private static JsonNode function(JsonNode top, String name) {
        return top.get("functions")
                .valueStream()
                .filter(each -> each.get("function").asString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void every_command_of_the_page_does_what_the_page_says() throws IOException {
        Page.check("top.md", 8);
    }

    @Test
    void it_counts_what_was_sent_and_metrics_say_the_same() throws IOException {
        var url = home.deploy(home.project(
                "counted",
                "api/good.py",
                Home.handler("self.say('one')"),
                "api/bad.py",
                Home.handler("raise ValueError('no')")));
        for (int i = 0; i < 7; i++) {
            assertThat(Http.get(Http.join(url, "/api/good")).statusCode()).isEqualTo(200);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(Http.get(Http.join(url, "/api/bad")).statusCode()).isEqualTo(500);
        }

        await().untilAsserted(
                        () -> { // a record is written, and counted, a moment after its answer
                            assertThat(home.json("usage", "counted", "--requests", "-n", "100")
                                            .get("requests"))
                                    .hasSize(10);
                            var request = Http.request("http://127.0.0.1:" + home.port + "/metrics")
                                    .header("authorization", "Bearer " + home.token())
                                    .build();
                            assertThat(Http.send(request).body())
                                    .contains(
                                            "mayfly_function_duration_seconds_count{function=\"api/good\",project=\"counted\"} 7")
                                    .contains(
                                            "mayfly_function_duration_seconds_count{function=\"api/bad\",project=\"counted\"} 3");
                        });
        var top = home.json("top", "counted");
        assertThat(function(top, "api/good").at("/instances/idle").asInt()).isEqualTo(1);
        var detail = home.json("top", "counted", "--function", "api/bad");
        assertThat(detail.get("requests")).hasSize(3);
        assertThat(detail.get("instances")).hasSize(1);
    }
}
