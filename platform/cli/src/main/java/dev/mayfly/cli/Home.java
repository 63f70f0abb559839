package dev.mayfly.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code MAYFLY_HOME}: where a server keeps everything, and where the command line finds it. */
record Home(Path path) {
    static Home of(Surroundings surroundings) {
        var set = surroundings.variable("MAYFLY_HOME");
        var path = set.isEmpty() ? Path.of(surroundings.variable("HOME"), ".mayfly") : Path.of(set);
        return new Home(surroundings.directory().resolve(path).normalize());
    }

    /** What the server of this home wrote when it began to listen; it may be gone since. */
    record Written(String url, long pid) {}

    Optional<Written> server() {
        return read("server.json").map(text -> {
            try {
                var object = Json.object(text);
                return new Written(object.text("url"), object.number("pid"));
            } catch (IllegalArgumentException e) {
                throw new Failure(path.resolve("server.json") + " is damaged", "mayfly up");
            }
        });
    }

    Optional<String> token() {
        return read("token").map(String::strip);
    }

    Path log() {
        return path.resolve("server.log");
    }

    private Optional<String> read(String name) {
        try {
            return Optional.of(Files.readString(path.resolve(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new Failure(
                    "cannot read " + path.resolve(name) + " (" + e.getClass().getSimpleName() + ")",
                    "run as the user who owns " + path + ", or set MAYFLY_HOME");
        }
    }
}
