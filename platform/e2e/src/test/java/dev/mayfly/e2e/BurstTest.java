package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two hundred functions that were never called, all called at once: each answers, and nothing of it stays. */
class BurstTest {
    private static final int FUNCTIONS = 200;

    @Test
    void two_hundred_at_once_are_answered_and_leave_nothing() throws IOException {
        try (var home = Home.started()) {
            burst(home, "pool", 1);
        }
    }

    /** With each of these rungs among those that answer; how many it has room for differs. */
    @Test
    @Tag("soak")
    void twenty_times_with_each_rung_that_needs_no_dependencies() throws IOException {
        for (var options : List.of(
                "--pool-workers 200 --pool-memory 4GiB", "--pool-workers 0", "--zygotes off --pool-workers 0")) {
            try (var home = Home.withOptions(options)) {
                home.startServer();
                burst(home, options.startsWith("--zygotes") ? "boot" : options.endsWith("0") ? "zygote" : "pool", 20);
            }
        }
    }

    private static void burst(Home home, String rung, int times) throws IOException {
        var url = home.deploy(many(home));
        var awaited = rung.equals("boot") ? List.<String>of() : List.of("zygote", rung);
        awaited.forEach(role -> await().atMost(Duration.ofSeconds(30)).until(() -> Rungs.count(home, role, "") > 0));
        var before = left(home);
        var rungs = new TreeMap<String, Integer>();
        for (int time = 0; time < times; time++) {
            called(home, url, rungs);
        }

        System.out.printf("%s: rungs of %d times %d calls at once: %s%n", rung, times, FUNCTIONS, rungs);
        assertThat(rungs).containsKey(rung);
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(left(home)).isEqualTo(before));
    }

    private static Path many(Home home) throws IOException {
        var project = home.project("many", "mayfly.yaml", ServerlessTest.settings("idleTimeout: 200ms"));
        Files.createDirectories(project.resolve("api"));
        for (int number = 0; number < FUNCTIONS; number++) {
            Files.writeString(
                    project.resolve("api/f" + number + ".py"),
                    Home.handler("time.sleep(0.2)\nself.say('" + number + "')"));
        }
        return project;
    }

    /** Calls all of them at once, and waits until none of their instances is left. */
    private static void called(Home home, String url, Map<String, Integer> rungs) {
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int number = 0; number < FUNCTIONS; number++) {
            answers.add(Http.getLater(Http.join(url, "/api/f" + number)));
        }
        for (int number = 0; number < FUNCTIONS; number++) {
            var answer = answers.get(number).join();
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(Integer.toString(number));
            rungs.merge(Rungs.record(home, answer).get("rung").asString(), 1, Integer::sum);
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Rungs.processes(home)
                        .allMatch(
                                process -> process.path("instance").asString("").isEmpty()));
    }

    /** What could have been left, without the pool: that may be larger than before for a minute, because it was needed. */
    private static Map<String, Long> left(Home home) throws IOException {
        var counts = new TreeMap<String, Long>();
        for (var role : List.of("launcher", "network", "init", "worker", "child", "starting", "zygote")) {
            counts.put(role, Rungs.count(home, role, ""));
        }
        counts.put("folders of instances", folders(home) - Rungs.count(home, "pool", "") / 2);
        return counts;
    }

    private static long folders(Home home) throws IOException {
        try (var all = Files.list(Path.of("/run/mayfly-" + Key.of(home.home()), "i"))) {
            return all.count();
        }
    }
}
