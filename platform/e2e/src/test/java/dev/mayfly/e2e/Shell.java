package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs commands with a given environment, and ends those that hang. */
final class Shell {
    /** The folder that holds {@code mayfly}. */
    static final Path ROOT = root();

    /** Servers of tests live for seconds: what compiles more would cost more than it saves. */
    private static final String BRIEF = "-XX:TieredStopAtLevel=1 -XX:-AOTCompileEagerly";

    private final Map<String, String> environment;

    /** The first use in a checkout builds what it runs, which not every user of these tests may. */
    private static final class Built {
        static final Run RUN = new Shell(Map.of())
                .run(ROOT, List.of(ROOT.resolve("mayfly").toString(), "version"))
                .ok();

        private Built() {}
    }

    /** Has {@code mayfly} built, unless it is. */
    static void build() {
        assertThat(Built.RUN.out()).contains("mayfly ");
    }

    Shell(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    Run run(Path folder, List<String> command) {
        try {
            var process = start(folder, command);
            process.getOutputStream().close();
            var out = read(process.getInputStream());
            var err = read(process.getErrorStream());
            if (!process.waitFor(180, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " did not end; stdout:\n" + out.join() + "\nstderr:\n" + err.join());
            }
            return new Run(command, process.exitValue(), out.join(), err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    Process start(Path folder, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("MAYFLY_"));
        builder.environment().putAll(environment);
        builder.environment().merge("MAYFLY_JAVA_OPTIONS", BRIEF, (given, brief) -> brief + " " + given);
        return builder.start();
    }

    static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                task -> Thread.ofVirtual().start(task));
    }

    private static Path root() {
        var folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = Objects.requireNonNull(folder.getParent(), "these tests run in a checkout");
        }
        return folder;
    }
}
