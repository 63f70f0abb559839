package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Proofs in which some checks were made to fail, so that just these must: one that cannot fail proves nothing. At once, as they may be run. */
class SabotagedProofTest {
    private static final Path ROOT = root();

    @TempDir
    private Path folder = Path.of("");

    /** The first use in a checkout builds what it runs. */
    @BeforeAll
    static void build() throws IOException, InterruptedException {
        var built = new ProcessBuilder(ROOT.resolve("mayfly").toString(), "version")
                .redirectErrorStream(true)
                .start();
        built.getOutputStream().close();
        assertThat(new String(built.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("mayfly ");
        assertThat(built.waitFor()).isZero();
    }

    /** Every other sabotage in one proof, the rest in the next: each check fails in one of them and holds in the other. */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void what_is_sabotaged_fails_and_nothing_else(int first) throws IOException {
        var sabotages = IntStream.range(0, Sabotage.ALL.size())
                .filter(index -> index % 2 == first)
                .mapToObj(Sabotage.ALL::get)
                .toList();

        var page = prove(sabotages);

        assertThat(page.failed()).isEqualTo(page.enforced(checks(sabotages)));
        assertThat(page.exit()).isEqualTo(1);
        assertThat(page.names()).as("what can be sabotaged").isEqualTo(all());
    }

    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void a_probe_that_works_nowhere_proves_no_barrier_and_an_instance_that_does_not_end_is_no_zero()
            throws IOException {
        var page = prove(Sabotage.BLIND_AND_IDLE, "--only", "isolation", "--only", "zero");

        assertThat(page.with("unproven")).hasSizeGreaterThanOrEqualTo(25);
        assertThat(page.with("broken")).isEqualTo(Sabotage.IDLE);
        assertThat(page.with("held")).containsExactlyInAnyOrder("before", "left");
        assertThat(page.exit()).isEqualTo(1);
    }

    private static Set<String> checks(List<Sabotage> sabotages) {
        return sabotages.stream().flatMap(each -> each.checks().stream()).collect(Collectors.toSet());
    }

    /** What a killed server leaves cannot be had on demand: see {@link ProofVerdictsTest}. */
    private static Set<String> all() {
        var all = checks(Sabotage.ALL);
        all.addAll(Sabotage.IDLE);
        all.add("swept");
        return all;
    }

    /** What the command printed and how it ended. */
    private record Page(int exit, List<JsonObject> checks) {
        Set<String> with(String... verdicts) {
            return checks.stream()
                    .filter(check -> List.of(verdicts).contains(check.text("verdict")))
                    .map(check -> check.text("name"))
                    .collect(Collectors.toSet());
        }

        /** But for what a busy machine cannot tell. */
        Set<String> failed() {
            var failed = new HashSet<>(with("broken", "unproven"));
            checks.stream()
                    .filter(check -> check.text("verdict").equals("unproven")
                            && check.text("seen").endsWith("this machine is too busy to tell"))
                    .forEach(check -> failed.remove(check.text("name")));
            return failed;
        }

        Set<String> names() {
            return with("held", "weak", "broken", "unproven");
        }

        /** Without those that this machine cannot enforce anyway. */
        Set<String> enforced(Set<String> names) {
            return names.stream().filter(name -> !with("weak").contains(name)).collect(Collectors.toSet());
        }
    }

    private Page prove(List<Sabotage> sabotages, String... options) throws IOException {
        var environment = new HashMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("MAYFLY_"));
        environment.put("MAYFLY_LAUNCHER", start(sabotages).toString());
        var out = new ByteArrayOutputStream();
        var surroundings = new Surroundings(
                environment,
                folder,
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                System.err,
                false,
                false,
                InstantSource.system());
        var own = BundledProject.own().files();
        var command = new ProveCommand(new BundledProject(name -> sabotaged(sabotages, name, own.apply(name))));
        int exit = command.run(
                new Mayfly(surroundings, new Screen(surroundings), "", true),
                new Typed(new CommandLine(command.syntax().spec()).parseArgs(options)));
        return new Page(exit, Json.object(out.toString(StandardCharsets.UTF_8)).objects("checks"));
    }

    private static String sabotaged(List<Sabotage> sabotages, String file, String text) {
        var changed = text;
        for (var sabotage : sabotages) {
            changed = sabotage.file().equals(file) ? sabotage.change().apply(changed) : changed;
        }
        return changed;
    }

    /** A script that stands for {@code mayfly}. */
    private Path start(List<Sabotage> sabotages) throws IOException {
        var script = folder.resolve("mayfly");
        Files.writeString(
                script,
                sabotaged(sabotages, Sabotage.START, "#!/bin/sh\n") + "exec " + ROOT.resolve("mayfly") + " \"$@\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    private static Path root() {
        var folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = Objects.requireNonNull(folder.getParent(), "these tests run in a checkout");
        }
        return folder;
    }
}
