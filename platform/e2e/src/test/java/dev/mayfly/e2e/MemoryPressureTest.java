package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Many functions called in turn on a server that may use memory for few of them, while their instances are killed at random. */
class MemoryPressureTest {
    private static final int CALLERS = 4;
    /** Of a zygote, and of an instance that is a copy of it, rounded up. */
    private static final int ZYGOTE_MIB = 18;

    private static final int EACH_MIB = 6;
    /** What an instance has at the very least. */
    private static final int LEAST_MIB = 3;

    @Test
    void sixty_functions_with_memory_for_six() throws Exception {
        inTurn(60, 6, 3, 20261128);
    }

    @Test
    @Tag("soak")
    void a_thousand_functions_with_memory_for_fifty() throws Exception {
        inTurn(1000, 50, 5, System.nanoTime());
    }

    private static void inTurn(int functions, int room, int rounds, long seed) throws Exception {
        int memory = ZYGOTE_MIB + EACH_MIB * room;
        try (var home = Home.withOptions("--pool-workers 0 --memory " + memory + "MiB")) {
            home.startServer();
            var kept = home.deploy(home.project(
                    "kept",
                    "mayfly.yaml",
                    ServerlessTest.settings("minInstances: 1\n    memory: 64MiB\n    idleTimeout: 1s"),
                    "api/me.py",
                    Home.handler("self.say(ME)")));
            var me = Http.get(Http.join(kept, "/api/me")).body();
            var url = home.deploy(many(home, functions));
            var over = new AtomicBoolean();
            var killer = CompletableFuture.supplyAsync(
                    () -> kill(home, new Random(seed), over),
                    task -> Thread.ofPlatform().start(task));
            var next = new AtomicInteger();
            var callers = new ArrayList<CompletableFuture<List<String>>>();
            for (int i = 0; i < CALLERS; i++) {
                callers.add(CompletableFuture.supplyAsync(
                        () -> call(url, functions, rounds, next),
                        task -> Thread.ofPlatform().start(task)));
            }
            var wrong = callers.stream().flatMap(each -> each.join().stream()).toList();
            over.set(true);
            var seen = killer.join();

            System.out.printf(
                    "%d functions, --memory %dMiB: %d calls, %d instances at most, %d killed, %d calls that failed with theirs (seed %d)%n",
                    functions, memory, functions * rounds, seen.most, seen.killed, wrong.size(), seed);
            assertThat(seen.most).as("instances at a time").isBetween(2, memory / LEAST_MIB);
            assertThat(seen.killed).isPositive();
            assertThat(wrong).allMatch(each -> each.contains("function_failed")).hasSizeLessThanOrEqualTo(seen.killed);
            assertThat(Http.get(Http.join(kept, "/api/me")).body())
                    .as("the one that is kept")
                    .isEqualTo(me);
        }
    }

    private static Path many(Home home, int functions) throws IOException {
        var project =
                home.project("many", "mayfly.yaml", ServerlessTest.settings("memory: 64MiB\n    idleTimeout: 10m"));
        Files.createDirectories(project.resolve("api"));
        for (int number = 0; number < functions; number++) {
            Files.writeString(
                    project.resolve("api/f" + number + ".py"),
                    Home.handler("time.sleep(0.01)\nself.say('" + number + "')"));
        }
        return project;
    }

    /** The answers that were not as they should be. */
    private static List<String> call(String url, int functions, int rounds, AtomicInteger next) {
        var wrong = new ArrayList<String>();
        for (int call = next.getAndIncrement(); call < functions * rounds; call = next.getAndIncrement()) {
            HttpResponse<String> answer = Http.get(Http.join(url, "/api/f" + call % functions));
            if (answer.statusCode() != 200 || !answer.body().equals(Integer.toString(call % functions))) {
                wrong.add(answer.statusCode() + " " + answer.body());
            }
        }
        return wrong;
    }

    private record Seen(int most, int killed) {}

    /** Kills workers, and sees how many instances there are. */
    private static Seen kill(Home home, Random random, AtomicBoolean over) {
        int most = 0;
        int killed = 0;
        while (!over.get()) {
            var workers = Rungs.processes(home)
                    .filter(each -> each.get("role").asString().equals("worker"))
                    .filter(each -> each.path("project").asString("").equals("many"))
                    .toList();
            var instances = workers.stream()
                    .map(each -> each.path("instance").asString(""))
                    .collect(Collectors.toSet());
            most = Math.max(most, instances.size());
            if (!workers.isEmpty() && random.nextInt(3) == 0) {
                JsonNode victim = workers.get(random.nextInt(workers.size()));
                killed += ProcessHandle.of(victim.get("pid").asLong())
                                .map(ProcessHandle::destroyForcibly)
                                .orElse(false)
                        ? 1
                        : 0;
            }
            try {
                Thread.sleep(50 + random.nextInt(100));
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts it", e);
            }
        }
        return new Seen(most, killed);
    }
}
