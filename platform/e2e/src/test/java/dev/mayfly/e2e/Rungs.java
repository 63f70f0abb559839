package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** What instances can be started from, and how to have one started from just that: two homes, of which one holds no pool. */
final class Rungs implements AutoCloseable {
    static final List<String> ALL = List.of("pool", "zygote", "dependencies", "boot");

    /** Takes long enough to be held ready, and can tell whether it is the same that was loaded before. */
    static final String SLOW = "import os, time\ntime.sleep(0.06)\nLOADED_IN = os.getpid()\nVALUE = 'as installed'\n";

    /** Sandboxes of one zygote with dependencies, and of those with a seat in them. */
    private static final int HELD = 1 + 8;

    private final Home pooled;
    private final Home without;

    /** @param opened makes a home whose server is not running yet */
    Rungs(Opened opened) throws IOException {
        pooled = opened.home("");
        without = opened.home("--pool-workers 0");
        try {
            var other = CompletableFuture.runAsync(() -> start(pooled));
            start(without);
            other.join();
        } catch (RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    private static void start(Home home) {
        try {
            home.startServer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @FunctionalInterface
    interface Opened {
        Home home(String serverOptions) throws IOException;
    }

    /** The home in which instances come from there. */
    Home home(String rung) {
        return rung.equals("zygote") ? without : pooled;
    }

    List<Home> homes() {
        return List.of(pooled, without);
    }

    /**
     * Deploys a project all of whose functions come from there; {@link #ready} is to be called before each is called first.
     *
     * @param files path, content, path, content…; below {@code api/}
     */
    String deploy(String rung, String name, String... files) throws IOException {
        var home = home(rung);
        var project = home.project(name, files);
        Files.writeString(
                project.resolve("mayfly.yaml"),
                ServerlessTest.settings("idleTimeout: 10m" + (rung.equals("boot") ? "\n    zygotes: off" : "")));
        if (!rung.equals("dependencies")) {
            return home.deploy(project);
        }
        Wheel.into(project, "slow", "1.0", SLOW);
        first(project);
        var url = home.deploy(project);
        assertThat(Http.get(Http.join(url, "/api/first")).body()).isEqualTo("as installed");
        awaitSeats(home, name);
        return url;
    }

    /** A function that uses the dependencies, whereupon they are held ready. */
    static void first(Path project) throws IOException {
        Files.createDirectories(project.resolve("api"));
        Files.writeString(project.resolve("api/first.py"), "import slow\n" + Home.handler("self.say(slow.VALUE)"));
    }

    /** Processes of one zygote with dependencies: each sandbox has its init, and where it has a control group, what else is in it is seen as well. */
    static int held(Home home) {
        return (home.ofRoot() ? 2 : 1) * HELD;
    }

    static void awaitSeats(Home home, String project) {
        await().pollDelay(Duration.ZERO)
                .atMost(Duration.ofSeconds(30))
                .until(() -> count(home, "dependency-zygote", project) >= held(home));
    }

    /** How many processes there are of that role and project; no project: any. */
    static long count(Home home, String role, String project) {
        return pids(home, role, project).size();
    }

    /** The same by their pids. */
    static List<Long> pids(Home home, String role, String project) {
        return processes(home)
                .filter(process -> process.get("role").asString().equals(role))
                .filter(process -> project.isEmpty()
                        || process.path("project").asString("").equals(project))
                .map(process -> process.get("pid").asLong())
                .toList();
    }

    /** As `mayfly ps --json` has them, asked as it asks. */
    static Stream<JsonNode> processes(Home home) {
        return Home.JSON
                .readTree(asked(home, "/processes").body())
                .get("processes")
                .valueStream();
    }

    private static HttpResponse<String> asked(Home home, String path) {
        try {
            return Http.send(Http.request("http://127.0.0.1:%d/mayfly/v1%s".formatted(home.port, path))
                    .header("Authorization", "Bearer " + home.token())
                    .build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until what the next instance should come from is there. */
    void ready(String rung) {
        var role = rung.equals("pool") || rung.equals("zygote") ? rung : "launcher";
        await().pollDelay(Duration.ZERO).atMost(Duration.ofSeconds(30)).until(() -> count(home(rung), role, "") > 0);
    }

    /** Holds that a call waited for an instance that came from there. */
    void cameFrom(String rung, HttpResponse<String> answer) {
        var record = record(home(rung), answer);
        assertThat(record.path("rung").asString("")).as("%s", record).isEqualTo(rung);
    }

    /** What `mayfly inspect --json` says of a call; a record is there shortly after its answer. */
    static JsonNode record(Home home, HttpResponse<String> answer) {
        var id = answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
        return Home.JSON.readTree(await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(10))
                .until(() -> asked(home, "/invocations/" + id), asked -> asked.statusCode() == 200)
                .body());
    }

    /** Kills the instances of a function, and waits until nothing is left of them. */
    void end(String rung, String project, String function) {
        var home = home(rung);
        ofFunction(home, project, function)
                .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> ofFunction(home, project, function).isEmpty());
    }

    private static List<Long> ofFunction(Home home, String project, String function) {
        return processes(home)
                .filter(process -> process.path("project").asString("").equals(project)
                        && process.path("function").asString("").equals(function))
                .map(process -> process.get("pid").asLong())
                .toList();
    }

    @Override
    public void close() throws IOException {
        try {
            pooled.close();
        } finally {
            without.close();
        }
    }
}
