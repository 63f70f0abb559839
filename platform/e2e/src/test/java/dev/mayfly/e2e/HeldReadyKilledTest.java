package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What waits to become an instance, killed at random moments under load: each request is answered as if nothing had been, if later. */
class HeldReadyKilledTest {
    private static final List<String> ROLES = List.of("pool", "zygote", "dependency-zygote");

    @Test
    void no_request_notices_but_by_the_time_it_takes() throws Exception {
        kill(Duration.ofSeconds(5), 20261126);
    }

    @Test
    @Tag("soak")
    void the_same_for_five_minutes() throws Exception {
        kill(Duration.ofMinutes(5), System.nanoTime());
    }

    private static void kill(Duration time, long seed) throws Exception {
        var random = new Random(seed);
        var over = new AtomicBoolean();
        try (var home = Home.started()) {
            var urls = List.of(plain(home, "plain", ""), plain(home, "alone", "\n    zygotes: off"), held(home));
            var killed = new TreeMap<String, Integer>();
            var answers = new AtomicInteger();
            var callers = new ArrayList<CompletableFuture<List<Long>>>();
            for (var url : urls) {
                long own = random.nextLong();
                callers.add(CompletableFuture.supplyAsync(
                        () -> call(url, over, new Random(own), answers),
                        task -> Thread.ofPlatform().start(task)));
            }
            long until = System.nanoTime() + time.toNanos();
            while ((System.nanoTime() < until || !enough(killed, answers.get()))
                    && callers.stream().noneMatch(CompletableFuture::isDone)) {
                Thread.sleep(10 + random.nextInt(150));
                var role = ROLES.get(random.nextInt(ROLES.size()));
                if (killOne(home, role, random)) {
                    killed.merge(role, 1, Integer::sum);
                }
            }
            over.set(true);
            var millis = callers.stream()
                    .flatMap(caller -> caller.join().stream())
                    .sorted()
                    .toList();
            System.out.printf(
                    "killed %s, answers %d, ms p50 %d p99 %d max %d (seed %d)%n",
                    killed,
                    millis.size(),
                    millis.get(millis.size() / 2),
                    millis.get(millis.size() * 99 / 100),
                    millis.getLast(),
                    seed);
            // and all of it comes back
            awaitRung(home, urls.getFirst(), "pool");
            awaitRung(home, urls.getLast(), "dependencies");
        }
    }

    /** On a machine that does other things as well, this takes longer. */
    private static boolean enough(Map<String, Integer> killed, int answers) {
        return answers > 40 && ROLES.stream().allMatch(role -> killed.getOrDefault(role, 0) >= 3);
    }

    private static String plain(Home home, String name, String setting) throws IOException {
        return home.deploy(home.project(
                name,
                "api/f.py",
                Home.handler("self.say('%s ' + self.path.split('?')[1])".formatted(name)),
                "mayfly.yaml",
                ServerlessTest.settings("idleTimeout: 100ms" + setting)));
    }

    /** One whose dependencies are held ready. */
    private static String held(Home home) throws IOException {
        var project = home.project(
                "held",
                "api/f.py",
                "import slow\n" + Home.handler("self.say(f'held {self.path.split(\"?\")[1]}')"),
                "mayfly.yaml",
                ServerlessTest.settings("idleTimeout: 100ms"));
        Wheel.into(project, "slow", "1.0", Rungs.SLOW);
        var url = home.deploy(project);
        assertThat(Http.get(Http.join(url, "/api/f?1")).body()).isEqualTo("held 1");
        Rungs.awaitSeats(home, "held");
        return url;
    }

    /** Milliseconds of each call. Between two the instance is gone, mostly, and the next has to be started. */
    private static List<Long> call(String url, AtomicBoolean over, Random random, AtomicInteger answers) {
        var millis = new ArrayList<Long>();
        try (var client = HttpClient.newHttpClient()) {
            while (!over.get()) {
                long begun = System.nanoTime();
                var number = millis.size();
                var answer = client.send(
                        Http.request(Http.join(url, "/api/f?" + number)).build(), BodyHandlers.ofString());
                answers.incrementAndGet();
                millis.add((System.nanoTime() - begun) / 1_000_000);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.body()).matches("(plain|alone|held) " + number);
                Thread.sleep(random.nextInt(250));
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("a request got no answer", e);
        }
        return millis;
    }

    /**
     * Kills one process of a role while it has that role; whether there was one. What waits may be given a function at any moment, and is an
     * instance from then on, whose end is its request's. So all of its sandbox is stopped, then looked at again: what waits still and is stopped
     * cannot have begun to serve anybody.
     */
    private static boolean killOne(Home home, String role, Random random) {
        var pids = pids(home, role);
        if (pids.isEmpty()) {
            return false;
        }
        long victim = pids.get(random.nextInt(pids.size()));
        if (role.equals("zygote")) {
            Signals.send(victim, Signals.KILL);
            return true;
        }
        var group = group(victim);
        var together = pids.stream().filter(pid -> group(pid).equals(group)).toList();
        together.forEach(pid -> Signals.send(pid, Signals.STOP));
        try {
            boolean waits = !group.isEmpty() && pids(home, role).containsAll(together);
            if (waits) {
                Signals.send(victim, Signals.KILL);
            }
            return waits;
        } finally {
            together.forEach(pid -> Signals.send(pid, Signals.CONTINUE));
        }
    }

    private static List<Long> pids(Home home, String role) {
        return Rungs.pids(home, role, "");
    }

    /** The control groups of a process, which are those of its sandbox; empty when it has ended. */
    private static String group(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cgroup"), StandardCharsets.UTF_8);
        } catch (IOException ended) {
            return "";
        }
    }

    private static void awaitRung(Home home, String url, String rung) {
        var seen = new TreeMap<String, Integer>();
        await().atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(300))
                .untilAsserted(() -> {
                    var record = Rungs.record(home, Http.get(Http.join(url, "/api/f?0")));
                    seen.merge(text(record, "rung") + " because " + text(record, "why"), 1, Integer::sum);
                    assertThat(text(record, "rung")).as("%s", seen).isEqualTo(rung);
                });
    }

    private static String text(JsonNode record, String name) {
        return record.path(name).asString("");
    }
}
