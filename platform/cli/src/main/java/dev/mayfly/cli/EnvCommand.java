package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Variables are sent once and never shown again: the server keeps them encrypted. */
final class EnvCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "env", "Keeps a project's environment variables.")
                .under("ls", new Ls())
                .under("set", new Set())
                .under("rm", new Rm())
                .under("import", new Import());
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        throw new IllegalStateException("env does nothing by itself");
    }

    private static Syntax withProject(Syntax syntax) {
        return syntax.option("PROJECT", "Default: the project of this folder.", "-p", "--project");
    }

    private static final class Ls implements Command {
        @Override
        public Syntax syntax() {
            return withProject(Syntax.of(this, "ls", "Lists the names."));
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var answer = mayfly.api().get(path(mayfly.project(typed.text("--project"))));
            if (mayfly.json()) {
                mayfly.screen().data(Json.write(answer));
            } else {
                answer.texts("names").forEach(mayfly.screen()::data);
            }
            return 0;
        }
    }

    private static final class Set implements Command {
        @Override
        public Syntax syntax() {
            return withProject(
                            Syntax.of(this, "set", "Sets variables; NAME alone reads its value from standard input."))
                    .words("NAME=VALUE", "Variables to set.");
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var values = new LinkedHashMap<String, String>();
            for (var variable : typed.words()) {
                int equals = variable.indexOf('=');
                if (equals >= 0) {
                    values.put(variable.substring(0, equals), variable.substring(equals + 1));
                } else if (typed.words().size() == 1) {
                    values.put(variable, standardInput(mayfly, variable));
                } else {
                    throw Failure.usage(variable + " (expected: NAME=VALUE)", "mayfly env set " + variable + "=VALUE");
                }
            }
            return put(mayfly, mayfly.project(typed.text("--project")), values);
        }
    }

    private static final class Rm implements Command {
        @Override
        public Syntax syntax() {
            return withProject(Syntax.of(this, "rm", "Removes variables.")).words("NAME", "Variables to remove.");
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var project = mayfly.project(typed.text("--project"));
            for (var variable : typed.words()) {
                mayfly.api().delete(path(project) + "/" + Api.encode(variable));
            }
            return done(mayfly, project, typed.words().size(), "removed from");
        }
    }

    private static final class Import implements Command {
        @Override
        public Syntax syntax() {
            return withProject(Syntax.of(this, "import", "Sets every variable of a file such as .env."))
                    .word("FILE", true, "Lines of NAME=value.");
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var given = typed.word(0);
            var file = mayfly.surroundings().directory().resolve(given).normalize();
            try {
                if (!Files.isReadable(file) || Files.isDirectory(file)) {
                    throw new Failure("cannot read " + given, "mayfly env import FILE, with a file that exists");
                }
                var project = typed.given("--project").orElseGet(() -> projectBeside(file));
                return put(mayfly, project, EnvFile.read(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String projectBeside(Path file) {
            return Mayfly.projectOf(Optional.ofNullable(file.getParent()).orElse(file));
        }
    }

    private static int put(Mayfly mayfly, String project, Map<String, String> values) {
        mayfly.api().put(path(project), new JsonObject(Map.of("variables", values)));
        return done(mayfly, project, values.size(), "set for");
    }

    private static int done(Mayfly mayfly, String project, int count, String what) {
        mayfly.screen().say(Amounts.count(count, "variable") + " " + what + " " + project);
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(mayfly.api().get(path(project))));
        }
        return 0;
    }

    private static String standardInput(Mayfly mayfly, String variable) {
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

    static String path(String project) {
        return "/projects/" + Api.encode(project) + "/env";
    }
}
