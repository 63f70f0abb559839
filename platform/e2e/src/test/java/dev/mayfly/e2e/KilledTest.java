package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The server and the command line, killed at bad moments. */
class KilledTest {
    @Test
    void after_kill_9_and_restart_everything_is_as_it_was_and_no_process_is_left() throws Exception {
        killAndRestart(3, 20261123);
    }

    @Test
    @Tag("soak")
    void the_same_fifty_times() throws Exception {
        killAndRestart(50, System.nanoTime());
    }

    private static void killAndRestart(int rounds, long seed) throws Exception {
        var random = new Random(seed);
        try (var home = Home.started()) {
            var project = home.project("kept", "api/pid.py", Home.handler("self.say(str(os.getpid()))"));
            home.deploy(project);
            home.mayflyIn(project, "deploy").ok();
            long calls = 0;
            for (int round = 0; round < rounds; round++) {
                var url = home.mayflyRun("url", "kept").ok().line();
                var before = state(home);
                int burst = 1 + random.nextInt(5);
                for (int i = 0; i < burst; i++) {
                    assertThat(Http.get(Http.join(url, "/api/pid")).statusCode())
                            .as("seed %d", seed)
                            .isEqualTo(200);
                }
                calls += burst;
                long expected = calls;
                await().atMost(Duration.ofSeconds(20)).until(() -> invocations(home) == expected);
                Thread.sleep(1000 + random.nextInt(300)); // past the second in which records may be lost
                var instances = home.instanceProcesses();
                assertThat(instances).isNotEmpty();

                kill9(home);
                home.startServer();

                assertThat(state(home)).as("seed %d", seed).isEqualTo(before);
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> instances.stream()
                                .allMatch(pid -> ProcessHandle.of(pid).isEmpty()));
                assertThat(invocations(home)).as("seed %d", seed).isEqualTo(calls);
            }
        }
    }

    @Test
    void a_server_killed_while_it_builds_leaves_the_old_deployment_and_no_debris() throws Exception {
        try (var home = Home.started()) {
            var project = home.project("steady", "api/v.py", Home.handler("self.say('one')"));
            home.deploy(project);
            home.project("steady", "requirements.txt", "flask==3.1.2\n", "api/v.py", Home.handler("self.say('two')"));
            var deploy = home.mayflyStart(project, "deploy", "--prod");
            var err = Shell.read(deploy.getErrorStream());
            var tools = tools(home, deploy);

            kill9(home);

            assertThat(deploy.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(deploy.exitValue()).as(err.join()).isEqualTo(1);
            home.startServer();
            assertThat(Http.get(Http.join(home.mayflyRun("url", "steady").ok().line(), "/api/v"))
                            .body())
                    .isEqualTo("one");
            assertThat(home.json("inspect", "steady").get("deployments")).hasSize(1);
            await().atMost(Duration.ofSeconds(20)).until(() -> tools.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void a_deploy_that_is_interrupted_leaves_the_old_deployment_and_no_debris() throws Exception {
        try (var home = Home.started()) {
            var project = home.project("calm", "api/v.py", Home.handler("self.say('one')"));
            home.deploy(project);
            home.project("calm", "requirements.txt", "flask==3.1.2\n", "api/v.py", Home.handler("self.say('two')"));
            var deploy = home.mayflyStart(project, "deploy", "--prod");
            var tools = tools(home, deploy);

            deploy.destroyForcibly();

            await().atMost(Duration.ofSeconds(20)).until(() -> tools.stream().noneMatch(ProcessHandle::isAlive));
            assertThat(home.json("inspect", "calm").get("deployments")).hasSize(1);
            assertThat(Http.get(Http.join(home.mayflyRun("url", "calm").ok().line(), "/api/v"))
                            .body())
                    .isEqualTo("one");
        }
    }

    private static String state(Home home) {
        return home.json("inspect", "kept").toString().replaceAll("\"(instances|state)\":[^,}]*", "");
    }

    private static long invocations(Home home) {
        return home.json("usage", "kept").get("total").path("invocations").asLong(0);
    }

    private static void kill9(Home home) throws IOException {
        var server = ProcessHandle.of(home.serverPid()).orElseThrow();
        server.destroyForcibly();
        server.onExit().join();
        Files.deleteIfExists(home.home().resolve("server.json"));
    }

    /** The processes that install packages for a deploy, when there are some, in sandboxes or not. */
    private static List<ProcessHandle> tools(Home home, Process deploy) throws IOException {
        var server = ProcessHandle.of(home.serverPid()).orElseThrow();
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> server.descendants()
                                .filter(each -> commandOf(each).contains("\0install\0"))
                                .toList(),
                        found -> !found.isEmpty() || !deploy.isAlive());
    }

    private static String commandOf(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
        } catch (IOException gone) {
            return ""; // ended meanwhile
        }
    }
}
