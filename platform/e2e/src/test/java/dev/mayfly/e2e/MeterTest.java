package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The bill says what was used. */
class MeterTest {
    private static final String BURN = """
            limit = time.process_time() + 0.2
            while time.process_time() < limit: pass
            self.say('burnt')""";
    private static final String CHILD = """
            import subprocess
            subprocess.run([sys.executable, '-S', '-c', 'import time\\nwhile time.process_time() < 0.3: pass'], check=True)
            self.say('child done')""";
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
    void cpu_that_is_burnt_is_charged_and_sleep_is_not() throws IOException {
        var url = home.deploy(home.project(
                "cpu",
                "api/burn.py",
                Home.handler(BURN),
                "api/sleep.py",
                Home.handler("time.sleep(1)\nself.say('slept')"),
                "api/child.py",
                Home.handler(CHILD)));
        Http.get(Http.join(url, "/api/burn"));

        var burnt = receipt(Http.get(Http.join(url, "/api/burn")));
        var slept = receipt(Http.get(Http.join(url, "/api/sleep")));
        var child = receipt(Http.get(Http.join(url, "/api/child")));

        assertThat(burnt.get("cpuMicros").asLong()).isBetween(170_000L, 390_000L);
        assertThat(burnt.get("cpuSource").asString()).isIn("proc", "cgroup");
        assertThat(slept.get("cpuMicros").asLong()).isLessThan(250_000L);
        assertThat(slept.get("billedMillis").asLong()).isGreaterThanOrEqualTo(1000);
        assertThat(child.get("cpuMicros").asDouble()).isGreaterThan(280_000);
    }

    @Test
    void every_call_has_one_record_whatever_became_of_it() throws IOException {
        var url = home.deploy(home.project(
                "count", "api/any.py", Home.handler("""
                        if 'raise' in self.path: raise RuntimeError('asked to')
                        if 'exit' in self.path: os._exit(1)
                        if 'sleep' in self.path: time.sleep(30)
                        self.say('ok')"""), "mayfly.yaml", ServerlessTest.settings("timeout: 2s")));
        for (int i = 0; i < 10; i++) {
            assertThat(Http.get(Http.join(url, "/api/any")).statusCode()).isEqualTo(200);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(Http.get(Http.join(url, "/api/any?raise")).statusCode()).isEqualTo(500);
        }
        assertThat(Http.get(Http.join(url, "/api/any?exit")).statusCode()).isEqualTo(500);
        assertThat(Http.get(Http.join(url, "/api/any?sleep")).statusCode()).isEqualTo(504);
        disconnect(url, "/api/any?sleep");

        await().atMost(Duration.ofSeconds(20)).until(() -> invocations("count") == 16);

        assertThat(invocations("count")).isEqualTo(16);
    }

    @Test
    void idling_adds_nothing() throws IOException, InterruptedException {
        var url = home.deploy(home.project("still", "api/hello.py", Home.handler("self.say('hi')")));
        Http.get(Http.join(url, "/api/hello"));
        await().until(() -> invocations("still") == 1);
        var before = total();

        Thread.sleep(1500); // idling is the thing measured

        assertThat(total()).isEqualTo(before);
    }

    /** All sums but what an always-on instance would have cost, which grows with the day. */
    private static String total() {
        return home.json("usage", "still").get("total").toString().replaceAll(",\"alwaysOnPrice\":[^,}]*", "");
    }

    @Test
    void usage_sums_per_function_and_day_with_a_price() throws IOException {
        var url = home.deploy(home.project(
                "sums", "api/a.py", Home.handler("self.say('a')"), "api/b.py", Home.handler("self.say('b')")));
        Http.get(Http.join(url, "/api/a"));
        Http.get(Http.join(url, "/api/a"));
        Http.get(Http.join(url, "/api/b"));
        await().until(() -> invocations("sums") == 3);

        var usage = home.json("usage", "sums");

        assertThat(usage.get("sums")).hasSize(2);
        assertThat(usage.get("sums").get(0).get("function").asString()).isEqualTo("api/a");
        assertThat(usage.get("sums").get(0).get("invocations").asLong()).isEqualTo(2);
        var total = usage.get("total");
        assertThat(total.get("price").asDouble()).isPositive();
        assertThat(total.get("alwaysOnPrice").asDouble())
                .isGreaterThan(total.get("price").asDouble());
        assertThat(total.get("gbSeconds").asDouble()).isPositive();
    }

    private static long invocations(String project) {
        return home.json("usage", project).get("total").path("invocations").asLong(0);
    }

    private static JsonNode receipt(HttpResponse<String> answer) throws IOException {
        var id = answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
        var url = "http://127.0.0.1:" + home.port + "/mayfly/v1/invocations/" + id;
        var request = Http.request(url)
                .header("Authorization", "Bearer " + home.token())
                .build();
        await().atMost(Duration.ofSeconds(20)).until(() -> Http.send(request).statusCode() == 200);
        return Home.JSON.readTree(Http.send(request).body());
    }

    /** Sends a request and leaves before the answer. */
    private static void disconnect(String url, String path) throws IOException {
        var uri = URI.create(url);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), uri.getPort())) {
            var head = "GET " + path + " HTTP/1.1\r\nHost: " + uri.getAuthority() + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> home.json("ps").toString().contains("\"busy\""));
            socket.setSoLinger(true, 0);
        }
    }
}
