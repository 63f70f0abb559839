package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

final class VersionCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "version", "Prints the version.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
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
