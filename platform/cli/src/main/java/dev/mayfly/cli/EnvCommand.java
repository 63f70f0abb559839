package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Variables are sent once and never shown again: the server keeps them encrypted. */
@Command(name = "env", description = "Keeps a project's environment variables.")
final class EnvCommand implements Runnable {
    private final Mayfly mayfly;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(
            names = {"-p", "--project"},
            paramLabel = "PROJECT",
            scope = ScopeType.INHERIT,
            description = "Default: the project of this folder.")
    private String name = "";

    EnvCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    @Command(name = "ls", description = "Lists the names.")
    int ls() {
        var answer = mayfly.api().get(path(mayfly.project(name)));
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
        } else {
            answer.texts("names").forEach(mayfly.screen()::data);
        }
        return 0;
    }

    @Command(name = "set", description = "Sets variables; NAME alone reads its value from standard input.")
    int set(@Parameters(arity = "1..*", paramLabel = "NAME=VALUE") List<String> variables) {
        var values = new LinkedHashMap<String, String>();
        for (var variable : variables) {
            int equals = variable.indexOf('=');
            if (equals >= 0) {
                values.put(variable.substring(0, equals), variable.substring(equals + 1));
            } else if (variables.size() == 1) {
                values.put(variable, standardInput(variable));
            } else {
                throw Failure.usage(variable + " (expected: NAME=VALUE)", "mayfly env set " + variable + "=VALUE");
            }
        }
        return put(mayfly.project(name), values);
    }

    @Command(name = "rm", description = "Removes variables.")
    int rm(@Parameters(arity = "1..*", paramLabel = "NAME") List<String> names) {
        var project = mayfly.project(name);
        for (var variable : names) {
            mayfly.api().delete(path(project) + "/" + Api.encode(variable));
        }
        mayfly.screen().say(Amounts.count(names.size(), "variable") + " removed from " + project);
        return 0;
    }

    @Command(name = "import", description = "Sets every variable of a file such as .env.")
    int importFile(@Parameters(paramLabel = "FILE") String given) {
        var file = mayfly.surroundings().directory().resolve(given).normalize();
        try {
            if (!Files.isReadable(file)) {
                throw new Failure("cannot read " + given, "mayfly env import FILE, with a file that exists");
            }
            return put(name.isEmpty() ? projectBeside(file) : name, EnvFile.read(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String projectBeside(Path file) {
        return Mayfly.projectOf(Optional.ofNullable(file.getParent()).orElse(file));
    }

    private int put(String project, Map<String, String> values) {
        mayfly.api().put(path(project), new JsonObject(Map.of("variables", values)));
        mayfly.screen().say(Amounts.count(values.size(), "variable") + " set for " + project);
        return 0;
    }

    private String standardInput(String variable) {
        if (mayfly.screen().terminal()) {
            mayfly.screen().say("Value of " + variable + ", then Ctrl-D:");
        }
        try {
            var text = new String(mayfly.surroundings().in().readAllBytes(), StandardCharsets.UTF_8);
            return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String path(String project) {
        return "/projects/" + Api.encode(project) + "/env";
    }
}
