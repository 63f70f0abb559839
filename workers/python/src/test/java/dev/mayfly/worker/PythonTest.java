package dev.mayfly.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Every test in {@code tests/}, with the oldest supported Python of this machine and with the system's own; the launcher's tests take the newest. */
class PythonTest {
    private static final Path TARGET = Path.of("target").toAbsolutePath();

    @TestFactory
    Stream<DynamicContainer> everyTestPassesWithTheOldestPythonAndTheSystemsOwn() {
        var few = Pythons.found();
        var oldest = few.firstEntry();
        few.entrySet().removeIf(each -> !each.equals(oldest) && !each.getValue().startsWith("/usr/bin"));
        return with(few);
    }

    @TestFactory
    @Tag("soak")
    Stream<DynamicContainer> everyTestPassesWithEveryPython() {
        return with(Pythons.found());
    }

    private static Stream<DynamicContainer> with(Map<String, Path> pythons) {
        assertThat(pythons)
                .as("Pythons 3.9 to 3.14 on the PATH or below ~/.pyenv/versions; install one")
                .isNotEmpty();
        var runs = new TreeMap<String, Future<Integer>>();
        try (var processors = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            pythons.forEach((version, python) -> runs.put(
                    version, processors.submit(() -> run(python, TARGET.resolve("deps-" + version), output(version)))));
        }
        return runs.entrySet().stream()
                .map(run -> DynamicContainer.dynamicContainer(
                        "python" + run.getKey(),
                        tests(output(run.getKey()), run.getValue().resultNow())));
    }

    private static Path output(String version) {
        return TARGET.resolve("python" + version + ".txt");
    }

    /** One process runs all tests of one Python and says how each went; a run that breaks off is a failed test itself. */
    private static Stream<DynamicTest> tests(Path output, int status) {
        var reports = new ArrayList<DynamicTest>();
        for (var line : lines(output)) {
            var words = line.split(" ", -1);
            if (words[0].equals("ok")) {
                reports.add(DynamicTest.dynamicTest(words[1], () -> {}));
            } else if (words[0].equals("FAILED")) {
                var detail = new String(Base64.getDecoder().decode(words[2]), StandardCharsets.UTF_8);
                reports.add(DynamicTest.dynamicTest(words[1], () -> fail(detail)));
            }
        }
        reports.add(DynamicTest.dynamicTest("the run came to its end", () -> {
            assertThat(status).as("exit status; its output is in %s", output).isLessThanOrEqualTo(1);
            assertThat(reports).hasSizeGreaterThan(80);
        }));
        return reports.stream();
    }

    private static int run(Path python, Path deps, Path output) {
        try {
            Files.createDirectories(TARGET);
            var process = new ProcessBuilder(python.toString(), "tests/run.py", deps.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(15, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                return 124;
            }
            return process.exitValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 130;
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
