package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Scope;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus reads, to whom it is told, and that clients cannot make more of it. */
class MetricsTest {
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-z_][a-z0-9_]*)(\\{[a-zA-Z_]+=\"(?:[^\"\\\\\\n]|\\\\[\"\\\\n])*\"(?:,[a-zA-Z_]+=\"(?:[^\"\\\\\\n]|\\\\[\"\\\\n])*\")*})? "
                    + "([0-9.eE+-]+|NaN|[+-]Inf)");
    private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "summary");

    @TempDir
    Path folder;

    private static HttpResponse<String> scrape(TestControl control, String token) throws Exception {
        return control.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port + "/metrics"))
                .header("authorization", "Bearer " + token)
                .build());
    }

    /** Values by name and labels; anything that the text format 0.0.4 does not know is an error. */
    private static Map<String, Double> parse(String text) {
        var samples = new HashMap<String, Double>();
        var typed = new HashSet<String>();
        assertThat(text).endsWith("\n");
        for (var line : text.split("\n", -1)) {
            if (line.startsWith("# TYPE ")) {
                var words = line.split(" ", -1);
                assertThat(words).hasSize(4);
                assertThat(TYPES).contains(words[3]);
                assertThat(typed.add(words[2])).as(line).isTrue();
            } else if (!line.isEmpty() && !line.startsWith("# HELP ")) {
                var sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                var name = sample.group(1);
                assertThat(typed.contains(name) || typed.contains(name.replaceAll("_(bucket|sum|count)$", "")))
                        .as(line)
                        .isTrue();
                var key = name + (sample.group(2) == null ? "" : sample.group(2));
                assertThat(samples.put(key, Double.valueOf(sample.group(3).replace("Inf", "Infinity"))))
                        .as(line)
                        .isNull();
            }
        }
        return samples;
    }

    private static HttpResponse<String> production(TestControl control, String path) throws Exception {
        int port = control.store
                .catalog()
                .snapshot()
                .projects()
                .firstEntry()
                .getValue()
                .port();
        return control.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build());
    }

    @Test
    void requestsAreCountedForTheirFunctionAndForgottenWithIt() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "content", true);
            production(control, "/api/hello");
            production(control, "/page.txt");
            production(control, "/page.txt");

            var name =
                    "mayfly_http_requests_total{function=\"api/hello\",kind=\"function\",project=\"hello\",protocol=\"HTTP/1.1\",status=\"2xx\"}";
            var answer = scrape(control, TestControl.TOKEN);
            assertThat(answer.headers().firstValue("content-type"))
                    .contains("text/plain; version=0.0.4; charset=utf-8");
            assertThat(parse(answer.body()))
                    .containsEntry(name, 1.0)
                    .containsEntry(
                            "mayfly_http_requests_total{function=\"\",kind=\"file\",project=\"hello\",protocol=\"HTTP/1.1\",status=\"2xx\"}",
                            2.0)
                    .containsEntry(
                            "mayfly_http_request_duration_seconds_count{function=\"api/hello\",kind=\"function\",project=\"hello\"}",
                            1.0)
                    .containsKeys("mayfly_connections_accepted_total", "mayfly_connections_open")
                    .containsKey("mayfly_edge_errors_total{code=\"uri_too_long\"}")
                    .containsKey("process_open_fds");

            control.delete("/projects/hello");
            await().untilAsserted(() -> assertThat(
                            parse(scrape(control, TestControl.TOKEN).body()).keySet())
                    .noneMatch(key -> key.contains("project=\"hello\"")));
        }
    }

    @Test
    void nobodyReadsItWithoutAToken() throws Exception {
        try (var control = new TestControl(folder)) {
            control.addToken("mf_read", Scope.READ);

            assertThat(scrape(control, "wrong").statusCode()).isEqualTo(401);
            assertThat(control.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port + "/metrics"))
                                    .build())
                            .statusCode())
                    .isEqualTo(401);
            assertThat(scrape(control, "mf_read").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whereTeamsShareAServerOnlyItsOperatorReadsIt() throws Exception {
        try (var control = new TestControl(folder)) {
            control.addTeam("others");
            control.addToken("mf_read", Scope.READ);
            control.addToken("mf_others", "others", Scope.ADMIN);
            control.deploy("hello", "content", true);
            assertThat(scrape(control, "mf_read").statusCode()).isEqualTo(200);
            assertThat(scrape(control, "mf_others").statusCode()).isEqualTo(403);

            var deployed = control.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + control.port + "/mayfly/v1/projects/secret/deployments"))
                    .header("authorization", "Bearer mf_others")
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(TestControl.order("content", true)))
                    .build());

            assertThat(deployed.body()).contains("\"type\":\"ready\"");
            var refused = scrape(control, "mf_read");
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).contains("the numbers of all teams").doesNotContain("secret");
            assertThat(scrape(control, "mf_others").statusCode()).isEqualTo(403);
            assertThat(scrape(control, TestControl.TOKEN).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void theHostsOfFunctionsDoNotTellIt() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "content", true);

            assertThat(production(control, "/metrics").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void whatClientsMakeUpIsNoLabel() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "content", true);
            production(control, "/nothing");
            scrape(control, TestControl.TOKEN);
            var before = names(control);
            for (int i = 0; i < 1000; i++) {
                int port = control.store
                        .catalog()
                        .snapshot()
                        .projects()
                        .firstEntry()
                        .getValue()
                        .port();
                control.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/made-up-" + i))
                        .method("MADEUP" + i, HttpRequest.BodyPublishers.noBody())
                        .header("user-agent", "made-up-" + i)
                        .build());
            }

            assertThat(names(control)).isEqualTo(before);
        }
    }

    /** Of all that Mayfly itself counts. */
    private static Set<String> names(TestControl control) throws Exception {
        var names = new HashSet<String>();
        for (var name : parse(scrape(control, TestControl.TOKEN).body()).keySet()) {
            if (name.startsWith("mayfly_")) {
                names.add(name);
            }
        }
        return names;
    }
}
