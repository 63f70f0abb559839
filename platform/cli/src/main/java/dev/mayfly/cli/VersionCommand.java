package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "version", description = "Prints the version.")
final class VersionCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    VersionCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var version = version();
        var java = System.getProperty("java.version", "");
        mayfly.screen()
                .data(
                        mayfly.json()
                                ? Json.write(new JsonObject(Map.of("version", version, "java", java)))
                                : "mayfly " + version + " (Java " + java + ")");
        return 0;
    }

    static String version() {
        try (var stream = VersionCommand.class.getResourceAsStream("version.txt")) {
            if (stream == null) {
                throw new IllegalStateException("version.txt is missing from the build");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
