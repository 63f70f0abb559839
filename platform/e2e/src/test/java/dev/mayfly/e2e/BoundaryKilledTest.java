package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What makes and holds sandboxes, killed at random moments under load: every request is answered, and service is back at once. */
class BoundaryKilledTest {
    private static final List<String> ROLES = List.of("launcher", "init", "worker", "network");

    @Test
    void every_request_is_answered_while_launcher_inits_and_workers_are_killed() throws Exception {
        kill(Duration.ofSeconds(10), 20261125);
    }

    @Test
    @Tag("soak")
    void the_same_for_five_minutes() throws Exception {
        kill(Duration.ofMinutes(5), System.nanoTime());
    }

    private static void kill(Duration time, long seed) throws Exception {
        var random = new Random(seed);
        var roles = new ArrayList<>(ROLES);
        var over = new AtomicBoolean();
        try (var home = Home.started()) {
            var url = home.deploy(home.project(
                            "target",
                            "api/f.py",
                            Home.handler("time.sleep(0.005)\nself.say('whole')"),
                            "mayfly.yaml",
                            ServerlessTest.settings("idleTimeout: 2s")))
                    + "api/f";
            assertThat(Http.get(url).body()).isEqualTo("whole");
            var before = processesOfPlatform(home, "launcher");
            var callers = new ArrayList<CompletableFuture<Map<Integer, Integer>>>();
            for (int i = 0; i < 4; i++) {
                callers.add(CompletableFuture.supplyAsync(
                        () -> call(url, over), task -> Thread.ofPlatform().start(task)));
            }
            var healings = new ArrayList<Long>();
            var killed = new TreeMap<String, Integer>();
            long begun = System.nanoTime();
            for (int number = 0; System.nanoTime() - begun < time.toNanos() || number < 2 * ROLES.size(); number++) {
                Thread.sleep(50 + random.nextInt(500));
                if (number % ROLES.size() == 0) {
                    Collections.shuffle(roles, random); // each in its turn, however few a slow machine comes to
                }
                var role = roles.get(number % ROLES.size());
                var pids = processesOfPlatform(home, role);
                if (!pids.isEmpty()) {
                    ProcessHandle.of(pids.get(random.nextInt(pids.size()))).ifPresent(ProcessHandle::destroyForcibly);
                    killed.merge(role, 1, Integer::sum);
                    healings.add(healed(url));
                }
            }
            over.set(true);
            var answers = new TreeMap<Integer, Integer>();
            callers.forEach(
                    caller -> caller.join().forEach((status, count) -> answers.merge(status, count, Integer::sum)));

            System.out.printf(
                    "killed %s, answers %s, back after %d ms (median), %d ms at most (seed %d)%n",
                    killed,
                    answers,
                    healings.stream()
                            .sorted()
                            .skip(healings.size() / 2)
                            .findFirst()
                            .orElse(-1L),
                    healings.stream().mapToLong(Long::longValue).max().orElse(-1),
                    seed);
            assertThat(killed.keySet()).as("seed %d", seed).contains("launcher", "init", "worker");
            assertThat(answers.keySet()).as("seed %d", seed).isSubsetOf(200, 500, 502, 503);
            int served = answers.getOrDefault(200, 0);
            assertThat(served)
                    .as("of all answers, %s", answers)
                    .isGreaterThan(answers.values().stream()
                                    .mapToInt(Integer::intValue)
                                    .sum()
                            / 2);
            assertThat(before).isNotEmpty();
            home.awaitZero();
            assertThat(processesOfPlatform(home, "launcher")).hasSize(1);
        }
    }

    /** Milliseconds until a request is served again. */
    private static long healed(String url) {
        long begun = System.nanoTime();
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> Http.get(url).statusCode() == 200);
        return (System.nanoTime() - begun) / 1_000_000;
    }

    /** How often each status came. A 200 is the whole answer; what is no 200 is an error that names itself. */
    private static Map<Integer, Integer> call(String url, AtomicBoolean over) {
        var answers = new TreeMap<Integer, Integer>();
        try (var client = HttpClient.newHttpClient()) {
            while (!over.get()) {
                var answer = client.send(Http.request(url).build(), BodyHandlers.ofString());
                answers.merge(answer.statusCode(), 1, Integer::sum);
                if (answer.statusCode() == 200) {
                    assertThat(answer.body()).isEqualTo("whole");
                } else {
                    assertThat(answer.body()).contains("(request ");
                    assertThat(answer.headers().firstValue("x-mayfly-request-id"))
                            .isPresent();
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("a request got no answer", e);
        }
        return answers;
    }

    private static List<Long> processesOfPlatform(Home home, String role) {
        return home.json("ps")
                .get("processes")
                .valueStream()
                .filter(process -> process.path("role").asString("").startsWith(role))
                .map(process -> process.get("pid").asLong())
                .toList();
    }

    /** A killed server's clients see lost connections and never a false success; the next start sweeps and serves. */
    @Test
    void a_killed_server_never_answers_falsely_and_the_next_one_sweeps() throws Exception {
        try (var home = Home.started()) {
            var url =
                    home.deploy(home.project("slow", "api/f.py", Home.handler("time.sleep(1)\nself.say('x' * 100000)")))
                            + "api/f";
            Http.get(url);
            var inits = processesOfPlatform(home, "init");
            var launcher = processesOfPlatform(home, "launcher");
            assertThat(inits).isNotEmpty();
            assertThat(launcher).isNotEmpty();
            await().until(() -> !processesOfPlatform(home, "pool").isEmpty());
            var ready = new ArrayList<>(processesOfPlatform(home, "pool"));
            ready.addAll(processesOfPlatform(home, "zygote"));
            var waiting = Http.getLater(url);
            await().until(() -> home.json("ps").toString().contains("busy"));
            var server = ProcessHandle.of(home.serverPid()).orElseThrow();

            var before = sandboxes(home);
            server.destroyForcibly();

            server.onExit().join();
            assertThat(waiting.handle((answer, failure) -> failure == null ? answer.body() : "lost")
                            .get())
                    .isEqualTo("lost");
            Files.deleteIfExists(home.home().resolve("server.json"));
            long begun = System.nanoTime();
            home.startServer();
            System.out.printf("after kill -9 of the server, ready in %d ms%n", (System.nanoTime() - begun) / 1_000_000);
            await().until(() -> gone(inits) && gone(launcher) && gone(ready));
            assertThat(before).isNotEmpty();
            assertThat(sandboxes(home)).doesNotContainAnyElementsOf(before);
            assertThat(Http.get(url).body()).hasSize(100_000);
            assertThat(sandboxes(home)).isNotEmpty();
            home.mayflyRun("down").ok();
            await().untilAsserted(() -> assertThat(leftovers(home)).isEmpty());
        }
    }

    /** The folders that sandboxes of this home have, made with them and removed with them, by what no other one has. */
    private static Set<Object> sandboxes(Home home) throws IOException {
        var keys = new HashSet<Object>();
        try (var found = Files.list(Path.of("/run/mayfly-" + Key.of(home.home()), "i"))) {
            for (var each : found.toList()) {
                keys.add(Files.getAttribute(each, "unix:ino") + " of " + Files.getAttribute(each, "creationTime"));
            }
        } catch (NoSuchFileException ended) {
            return sandboxes(home); // while it was looked at
        }
        return keys;
    }

    private static boolean gone(List<Long> pids) {
        return pids.stream().allMatch(pid -> ProcessHandle.of(pid).isEmpty());
    }

    /** Control groups and runtime folders of any server that no longer runs, of this home. */
    private static List<Path> leftovers(Home home) throws IOException {
        var found = new ArrayList<Path>();
        var key = Key.of(home.home());
        for (var place : List.of("/sys/fs/cgroup", "/run")) {
            try (var walk = Files.find(
                    Path.of(place),
                    5,
                    (path, attributes) -> path.getFileName() != null
                            && path.getFileName().toString().equals("mayfly-" + key))) {
                found.addAll(walk.toList());
            } catch (java.io.UncheckedIOException vanished) {
                return List.of(Path.of(place)); // something was being removed: look again
            }
        }
        return found;
    }
}
