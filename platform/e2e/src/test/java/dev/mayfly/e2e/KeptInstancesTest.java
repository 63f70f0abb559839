package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code minInstances}: there before anyone calls, and for as long as production leads there. */
class KeptInstancesTest {
    private static final String SETTINGS = """
            functions:
              api/hello:
                minInstances: 2
                idleTimeout: 1s
            """;
    private static final String SOURCE = Home.handler("self.say('hello')");

    @Test
    void so_many_instances_are_there_while_production_leads_to_them() throws IOException {
        try (var home = Home.started()) {
            var folder = home.project("kept", "mayfly.yaml", SETTINGS, "api/hello.py", SOURCE);
            var url = home.deploy(folder);

            var first = instances(home, 2);
            var answer = Http.get(Http.join(url, "/api/hello"));
            assertThat(answer.body()).isEqualTo("hello");
            var request = answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
            await().until(() -> home.mayflyRun("inspect", request, "--json").exit() == 0);
            assertThat(home.json("inspect", request).path("cold").asBoolean(true))
                    .as("whether a call found no instance")
                    .isFalse();

            var victim = first.iterator().next();
            home.sh("kill -9 " + pidOf(home, victim)).ok();
            var replaced = await().atMost(Duration.ofSeconds(30))
                    .until(() -> instances(home), now -> now.size() == 2 && !now.contains(victim));

            // What takes over has its own; those of before leave.
            home.deploy(home.project("kept", "api/hello.py", SOURCE.replace("hello", "newer")));
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                var now = instances(home, 2);
                return replaced.stream().noneMatch(now::contains);
            });
            assertThat(Http.get(Http.join(url, "/api/hello")).body()).isEqualTo("newer");

            home.mayflyRun("down").ok();
            home.startServer();
            instances(home, 2);

            home.mayflyRun("rm", "kept", "--yes").ok();
            home.awaitZero();
        }
    }

    /** Waits until there are so many. */
    private static Set<String> instances(Home home, int count) {
        return await().atMost(Duration.ofSeconds(30)).until(() -> instances(home), now -> now.size() == count);
    }

    /** Their ids; in a sandbox one has several processes. */
    private static Set<String> instances(Home home) {
        var ids = new HashSet<String>();
        for (var process : home.json("ps").get("processes")) {
            ids.add(process.path("instance").asString(""));
        }
        ids.remove("");
        return ids;
    }

    private static long pidOf(Home home, String instance) {
        for (var process : home.json("ps").get("processes")) {
            if (process.path("instance").asString("").equals(instance)) {
                return process.get("pid").asLong();
            }
        }
        throw new AssertionError(instance + " has no process");
    }
}
