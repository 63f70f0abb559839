package dev.mayfly.cli;

import dev.mayfly.model.ProjectName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What all commands share: the server they talk to, the form of their answer, the project of the current folder. */
final class Mayfly {
    private final Surroundings surroundings;
    private final Screen screen;
    private final String server;
    private final boolean json;

    /**
     * Said once per command.
     *
     * @param server as given by {@code --server}; may be empty
     */
    Mayfly(Surroundings surroundings, Screen screen, String server, boolean json) {
        this.surroundings = surroundings;
        this.screen = screen;
        this.server = server;
        this.json = json;
    }

    Surroundings surroundings() {
        return surroundings;
    }

    Screen screen() {
        return screen;
    }

    boolean json() {
        return json;
    }

    Home home() {
        return Home.of(surroundings);
    }

    /** The address given by {@code --server} or {@code MAYFLY_SERVER}. */
    Optional<String> address() {
        var given = server.isEmpty() ? surroundings.variable("MAYFLY_SERVER") : server;
        return given.isEmpty() ? Optional.empty() : Optional.of(given);
    }

    /** The server to talk to: the given one, else the one of this home. */
    Api api() {
        var given = address();
        if (given.isPresent()) {
            return new Api(
                    given.get(),
                    token(),
                    new Failure(given.get() + " does not answer", "check --server and MAYFLY_SERVER, or mayfly up"),
                    refused());
        }
        var written = home().server().orElseThrow(this::noServer);
        return new Api(written.url(), token(), noServer(), refused());
    }

    Failure noServer() {
        return new Failure("no server is running for " + surroundings.show(home().path()), "mayfly up");
    }

    /** The server refused the token, or there was none. */
    Failure refused() {
        boolean given = !surroundings.variable("MAYFLY_TOKEN").isEmpty();
        boolean own = given && address().isEmpty() && home().token().isPresent();
        return Failure.answered(
                "unauthorized",
                token().isEmpty() ? "a token is needed" : (given ? "MAYFLY_TOKEN" : "the token") + " is not valid here",
                own
                        ? "unset MAYFLY_TOKEN"
                        : "set MAYFLY_TOKEN to the content of the file token in the server's MAYFLY_HOME");
    }

    String token() {
        var given = surroundings.variable("MAYFLY_TOKEN");
        return given.isEmpty() ? home().token().orElse("") : given;
    }

    /** The project a command is about: the one that is named, else the one of the current folder. */
    String project(String named) {
        if (!named.isEmpty()) {
            return named;
        }
        return projectOf(surroundings.directory());
    }

    static String projectOf(Path folder) {
        return ProjectLink.read(folder)
                .orElseGet(() -> ProjectName.suggest(Source.fileName(folder)).value());
    }

    Path resolve(String path) {
        var resolved = surroundings.directory().resolve(path).normalize();
        var userHome = surroundings.variable("HOME");
        boolean notAProject =
                resolved.getParent() == null || (!userHome.isEmpty() && resolved.equals(Path.of(userHome)));
        if (notAProject && Files.isDirectory(resolved)) {
            throw new Failure(resolved + " is not a project's folder", "cd to the folder that holds the code");
        }
        return resolved;
    }
}
