package dev.mayfly.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Types commands in a folder, with an environment of its own, and keeps what came out. */
final class Typist {
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    /** What one command did. */
    record Outcome(int code, String out, String err) {}

    private final Map<String, String> environment = new HashMap<>();
    private final Path folder;
    private String input = "";

    /** @param root a temporary folder; {@code root/user} is the user's home */
    Typist(Path root) throws IOException {
        folder = Files.createDirectories(root.resolve("user").resolve("hello"));
        environment.put("HOME", root.resolve("user").toString());
        environment.put("PATH", "/usr/bin:/bin");
    }

    Path folder() {
        return folder;
    }

    Path home() {
        return folder.resolveSibling(".mayfly");
    }

    Typist with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    Typist typing(String text) {
        input = text;
        return this;
    }

    /** Writes server.json and the token as a server at {@code url} does. */
    Typist servedBy(String url, String token) throws IOException {
        Files.createDirectories(home());
        Files.writeString(home().resolve("token"), token + "\n");
        Files.writeString(
                home().resolve("server.json"),
                "{\"url\":\"" + url + "\",\"pid\":" + ProcessHandle.current().pid() + ",\"version\":\"0\"}");
        return this;
    }

    /** A file of the project in the current folder. */
    Typist file(String path, String content) throws IOException {
        var file = folder.resolve(path);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, content);
        return this;
    }

    Outcome type(String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int code = Program.run(surroundings(out, err), arguments);
        return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** What a command would see, for what is called without one; what it prints is lost. */
    Surroundings surroundings() {
        return surroundings(OutputStream.nullOutputStream(), OutputStream.nullOutputStream());
    }

    private Surroundings surroundings(OutputStream out, OutputStream err) {
        return new Surroundings(
                environment,
                folder,
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                () -> NOW);
    }
}
