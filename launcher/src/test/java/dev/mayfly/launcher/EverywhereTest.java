package dev.mayfly.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Every test in {@code tests/}: as root, as ordinary users with and without subordinate users, under sanitizers, and on another kernel with
 * cgroup v2. Where nobody is root, the two that begin as root are not there.
 */
class EverywhereTest {
    private static final Path TARGET = Path.of("target").toAbsolutePath();

    @TestFactory
    Stream<DynamicContainer> everyTestPassesEverywhere() throws Exception {
        return everywhere("", 15);
    }

    /** Ten thousand sandboxes in a row, two hundred at a time, minutes of noise. */
    @TestFactory
    @Tag("soak")
    Stream<DynamicContainer> everyTestPassesEverywhereAtLength() throws Exception {
        return everywhere("1", 90);
    }

    /**
     * The other kernel has one processor and runs beside the places that are here. Of those, root's has all of this machine for its larger
     * tests; then the two ordinary users follow each other, because a process is known as left behind by its user, beside the sanitizers.
     */
    private static Stream<DynamicContainer> everywhere(String soak, int minutes) throws Exception {
        boolean root = "root".equals(System.getProperty("user.name"));
        var found = new ArrayList<DynamicContainer>();
        try (var beside = Executors.newCachedThreadPool()) {
            var uml = beside.submit(() -> tests("uml", soak, minutes));
            if (root) {
                found.add(tests("root", soak, minutes));
            }
            var sanitized = beside.submit(() -> tests("sanitized", soak, minutes));
            found.add(tests("user", soak, minutes));
            if (root) {
                found.add(tests("subuid", soak, minutes));
            }
            found.add(sanitized.get());
            found.add(uml.get());
        }
        return found.stream();
    }

    /** One process runs all tests of one place and says how each went; a run that breaks off is a failed test itself. */
    private static DynamicContainer tests(String place, String soak, int minutes) {
        var output = TARGET.resolve("tests-" + place + ".txt");
        try {
            int status = run(place, soak, minutes, output);
            var reports = new ArrayList<DynamicTest>();
            for (var line : Files.readAllLines(output)) {
                var words = line.split(" ", -1);
                if (words[0].equals("ok")) {
                    reports.add(DynamicTest.dynamicTest(words[1], () -> {}));
                } else if (words[0].equals("FAILED")) {
                    var detail = new String(Base64.getDecoder().decode(words[2]), StandardCharsets.UTF_8);
                    reports.add(DynamicTest.dynamicTest(words[1], () -> fail(detail)));
                }
            }
            reports.add(DynamicTest.dynamicTest("the run came to its end", () -> {
                assertThat(status)
                        .as("exit status; its output is in %s", output)
                        .isLessThanOrEqualTo(1);
                assertThat(reports).hasSizeGreaterThan(50);
            }));
            return DynamicContainer.dynamicContainer(place, reports);
        } catch (IOException e) {
            return broken(place, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return broken(place, "interrupted");
        }
    }

    private static DynamicContainer broken(String place, String why) {
        return DynamicContainer.dynamicContainer(place, List.of(DynamicTest.dynamicTest("it ran", () -> fail(why))));
    }

    private static int run(String place, String soak, int minutes, Path output)
            throws IOException, InterruptedException {
        Files.createDirectories(TARGET);
        var builder = new ProcessBuilder("python3", "tests/run.py", place, "target/mayfly-launcher")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("MAYFLY_SOAK", soak);
        builder.environment().put("MAYFLY_UML_SECONDS", Long.toString(minutes * 60L - 20));
        var process = builder.start();
        if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            return 124;
        }
        return process.exitValue();
    }
}
