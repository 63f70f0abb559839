package dev.mayfly.cli;

import dev.mayfly.model.ProjectName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** What all commands share: the server they talk to, the form of their answer, the project of the current folder. */
@Command(
        name = "mayfly",
        description = "Runs functions: a folder of code in, a URL out; nothing runs until it is called.",
        mixinStandardHelpOptions = false,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "MAYFLY_HOME (~/.mayfly), MAYFLY_SERVER, MAYFLY_TOKEN and MAYFLY_PORT (7070) are read from the environment.",
            "Exit codes: 0 done, 1 failed, 2 the command line is wrong."
        })
final class Mayfly implements Runnable {
    private final Surroundings surroundings;
    private final Screen screen;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(
            names = "--server",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "Talk to this server instead of the one of MAYFLY_HOME.")
    private String server = "";

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print JSON.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this help.")
    @SuppressWarnings("unused") // picocli answers it
    private boolean help;

    Mayfly(Surroundings surroundings) {
        this.surroundings = surroundings;
        this.screen = new Screen(surroundings);
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
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
                    new Failure(given.get() + " does not answer", "check --server and MAYFLY_SERVER, or mayfly up"));
        }
        var written = home().server().orElseThrow(this::noServer);
        return new Api(written.url(), token(), noServer());
    }

    Failure noServer() {
        return new Failure("no server is running for " + surroundings.show(home().path()), "mayfly up");
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
