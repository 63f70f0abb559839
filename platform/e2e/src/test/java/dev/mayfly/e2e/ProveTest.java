package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** {@code mayfly prove} where things hold, and where a barrier is missing from the launcher or there are no sandboxes at all. */
class ProveTest {
    private static final Path LAUNCHER = Shell.ROOT.resolve("target/run/current/launcher/mayfly-launcher");

    @TempDir
    private static Path builds = Path.of("");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void on_this_machine_everything_holds_and_nothing_is_left() throws IOException {
        sandboxes();

        var run = prove(Map.of());

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        var page = Home.JSON.readTree(run.out());
        assertThat(names(page, "broken")).isEmpty();
        assertThat(names(page, "unproven")).isEmpty();
        assertThat(page.get("checks").size()).isGreaterThanOrEqualTo(46);
        assertColdStarts(page.get("coldStart"));
    }

    /** Each with all its parts, and beside what was started in between. */
    private static void assertColdStarts(JsonNode measured) {
        var calls = measured.get("calls");
        assertThat(calls).hasSize(20).allSatisfy(call -> {
            assertThat(call.get("problem").asString()).isEmpty();
            assertThat(call.get("cold").asBoolean()).isTrue();
            assertThat(call.get("rung").asString()).isIn("pool", "zygote", "dependencies", "boot");
            assertThat(call.get("steps")).isNotEmpty();
            assertThat(call.get("micros").asLong())
                    .isGreaterThan(call.get("initMicros").asLong());
        });
        assertThat(measured.get("groups")).isNotEmpty();
        var beside = measured.get("beside");
        assertThat(beside).hasSize(4);
        assertThat(beside.get(0).get("micros")).hasSize(20);
        assertThat(beside)
                .allSatisfy(peer -> assertThat(peer.get("micros").isEmpty())
                        .isEqualTo(!peer.get("missing").asString().isEmpty()));
    }

    @Test
    void plain_processes_are_no_boundary_and_prove_says_so() throws IOException {
        var run = prove(Map.of(), "--isolation", "process", "--only", "isolation", "--only", "limits");

        assertThat(run.exit()).as(run.out() + run.err()).isEqualTo(1);
        var page = Home.JSON.readTree(run.out());
        assertThat(names(page, "broken"))
                .contains(
                        "write",
                        "processes",
                        "neighbour-code",
                        "ptrace",
                        "mount",
                        "unshare",
                        "kernel",
                        "management-api",
                        "loopback",
                        "abstract-socket",
                        "neighbour-port",
                        "memory",
                        "cpu",
                        "tmp",
                        "inodes")
                .doesNotContain("descriptors", "log", "timeout", "left");
    }

    /**
     * Limits that are missing the launcher finds itself, so that they are weak; other barriers are broken. What is left out in one proof is
     * there in another. Without {@code pids}: a worker that was held ready limits its processes itself, so the launcher's limit alone is not
     * missed there; it also closes descriptors itself, so that those are left open where nothing is copied.
     */
    @Test
    void barriers_that_the_launcher_leaves_out_are_missed_and_no_other() throws IOException {
        missed("seccomp,landlock,root,memory", "ptrace mount unshare kernel write memory");
    }

    @ParameterizedTest
    @Tag("soak")
    @CsvSource(
            delimiter = '|',
            value = {
                "capabilities,no_new_privs,processes,egress,cpu,tmp | privileges processes private-address cpu tmp inodes",
                "descriptors,copies | descriptors",
            })
    void so_are_all_others(String barriers, String checks) throws IOException {
        missed(barriers, checks);
    }

    private void missed(String barriers, String checks) throws IOException {
        sandboxes();
        var launcher = without(barriers);

        var run = prove(
                Map.of("MAYFLY_JAVA_OPTIONS", "-Dmayfly.launcher=" + launcher),
                "--only",
                "isolation",
                "--only",
                "limits",
                "--strict");

        assertThat(run.exit()).as(run.out() + run.err()).isEqualTo(1);
        var page = Home.JSON.readTree(run.out());
        var missed = names(page, "broken");
        missed.addAll(names(page, "weak"));
        missed.addAll(names(page, "unproven"));
        assertThat(missed).containsExactlyInAnyOrder(checks.split(" "));
    }

    @Test
    void a_barrier_that_was_not_proved_is_refused_where_isolation_is_required() throws IOException {
        sandboxes();
        var launcher = without("seccomp");
        var more = Map.of(
                "MAYFLY_JAVA_OPTIONS",
                "-Dmayfly.launcher=" + launcher,
                "MAYFLY_HOME",
                folder.resolve("home").toString());

        var run = new Shell(environment(more))
                .run(
                        folder,
                        List.of(
                                Shell.ROOT.resolve("mayfly").toString(),
                                "server",
                                "--require-isolation",
                                "--port",
                                Integer.toString(Home.freePort())))
                .failed();

        assertThat(run.err()).contains("--require-isolation: barriers: weak (not proved: seccomp)", "fix: Report this");
    }

    @Test
    void interrupted_it_takes_everything_away() throws IOException, InterruptedException {
        var process = new Shell(environment(Map.of())).start(folder, command());
        var said = List.of(Shell.read(process.getInputStream()), Shell.read(process.getErrorStream()));
        await().atMost(Duration.ofSeconds(60)).until(() -> serves(process.pid()));

        process.toHandle().destroy();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(said).allSatisfy(each -> assertThat(each.join()).doesNotContain("Exception"));
        assertThat(process.exitValue()).isEqualTo(143);
        await().atMost(Duration.ofSeconds(20)).until(() -> proofs(process.pid()).isEmpty());
    }

    private static boolean serves(long pid) throws IOException {
        return proofs(pid).stream().anyMatch(proof -> Files.exists(proof.resolve("home/server.json")));
    }

    private static void sandboxes() {
        Shell.build();
        assertThat(LAUNCHER)
                .as("the launcher of sandboxes: apt install gcc libc6-dev")
                .isExecutable();
    }

    /** A launcher, and what makes copies in its sandboxes, both without these barriers. */
    private static Path without(String barriers) throws IOException {
        var output = builds.resolve(barriers).resolve("launcher");
        var shell = new Shell(Map.of("CFLAGS", "-DMAYFLY_SABOTAGE -DMAYFLY_LEFT_OUT=\"" + barriers + "\""));
        shell.run(builds, List.of(Shell.ROOT.resolve("launcher/build").toString(), output.toString(), "strict"))
                .ok();
        if (barriers.contains("copies")) {
            Files.delete(output.resolveSibling("mayfly_fork.so"));
        }
        return output;
    }

    private Run prove(Map<String, String> more, String... options) {
        return new Shell(environment(more)).run(folder, command(options));
    }

    private static List<String> command(String... options) {
        var command = new ArrayList<>(List.of(Shell.ROOT.resolve("mayfly").toString(), "prove", "--json"));
        command.addAll(List.of(options));
        return command;
    }

    private Map<String, String> environment(Map<String, String> more) {
        var environment = new HashMap<>(more);
        environment.putAll(Map.of("MAYFLY_AOT", "off", "NO_COLOR", "1"));
        return environment;
    }

    private static Set<String> names(JsonNode page, String verdict) {
        var names = new TreeSet<String>();
        for (var check : page.get("checks")) {
            if (check.get("verdict").asString().equals(verdict)) {
                names.add(check.get("name").asString());
            }
        }
        return names;
    }

    /** The folder of a proof, while it is there. */
    private static List<Path> proofs(long pid) throws IOException {
        try (var names = Files.newDirectoryStream(Path.of("/tmp"), "mayfly-prove-" + pid + "-*")) {
            var found = new ArrayList<Path>();
            names.forEach(found::add);
            return found;
        }
    }
}
