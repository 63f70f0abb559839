package dev.mayfly.build.program;

import dev.mayfly.build.config.BuildKey;
import dev.mayfly.build.config.ProjectSettings;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.SourceFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds the program of a project: what its settings name; else the {@code web} line of a Procfile; else a file at the root whose name says
 * that it serves, and whose mode, first bytes or extension say how to run it.
 */
public final class Programs {
    /** What the word in {@code build.mode} and in front of the reason is. */
    public static final String MODE = "server";

    private static final List<String> NAMES = List.of("server", "app", "main", "index", "bootstrap");

    /** Who runs a file that cannot run itself. */
    private static final Map<String, String> INTERPRETERS =
            Map.of("js", "node", "mjs", "node", "cjs", "node", "rb", "ruby", "pl", "perl", "sh", "sh");

    /** In a script that a page might load as well: what makes it a server. */
    private static final Pattern SERVES = Pattern.compile("\\blisten\\s*\\(|\\bcreateServer\\s*\\(");

    private static final Pattern WEB = Pattern.compile("(?m)^web:[ \\t]*(\\S.*?)\\s*$");
    private static final List<String> PYTHON_MANIFESTS = List.of("requirements.txt", "pyproject.toml", "Pipfile");

    private final SourceTree tree;
    private final Blobs blobs;
    private final ProjectSettings settings;

    public Programs(SourceTree tree, Blobs blobs, ProjectSettings settings) {
        this.tree = tree;
        this.blobs = blobs;
        this.settings = settings;
    }

    /** The command that the settings name, which nothing else overrules. */
    public Optional<Program> declared() {
        var command = settings.command();
        var mode = settings.build(BuildKey.MODE).filter(word -> !word.equals(MODE));
        if (command.isPresent() && mode.isPresent()) {
            throw BuildFailure.of(
                    command.get().origin() + ": command is set, and build.mode is " + mode.get() + " (expected: " + MODE
                            + ")",
                    "remove one of the two");
        }
        return command.map(each -> {
            var entrypoint = Entrypoint.command("", each.words());
            checkProgram(each.origin(), each.words().getFirst());
            return new Program(each.function(), "the settings name " + entrypoint.commandLine(), entrypoint);
        });
    }

    /** A program of the project's own that is not there, or cannot run, is better told now than by the first caller. */
    private void checkProgram(String origin, String program) {
        if (program.startsWith("/") || !program.contains("/")) {
            return;
        }
        var path = program.startsWith("./") ? program.substring(2) : program;
        var file = tree.file(path)
                .orElseThrow(() -> BuildFailure.of(
                        origin + ": command: " + program + " is not in the project", "correct the path"));
        runnable(file, path);
    }

    /** The program of a project whose settings name none. */
    public Optional<Program> find() {
        return procfile().or(this::onlyFile).or(this::named);
    }

    /** A Procfile beside a manifest of Python means packages, which only the modes of Python install. */
    private Optional<Program> procfile() {
        if (PYTHON_MANIFESTS.stream().anyMatch(tree::has)) {
            return Optional.empty();
        }
        return tree.file("Procfile").flatMap(file -> {
            var matcher = WEB.matcher(blobs.text(file));
            return matcher.find()
                    ? Optional.of(new Program(
                            "Procfile names " + matcher.group(1),
                            "Procfile",
                            List.of("/bin/sh", "-c", matcher.group(1))))
                    : Optional.empty();
        });
    }

    /** A single file is meant, whatever its name. */
    private Optional<Program> onlyFile() {
        var only =
                tree.files().size() == 1 ? Optional.of(tree.files().iterator().next()) : Optional.<SourceFile>empty();
        return only.filter(file -> file.blob() != null && !file.path().contains("/") && !isPython(file.path()))
                .flatMap(file -> executable(file, file.path())
                        .or(() -> file.path().endsWith(".js") ? servingScript(file.path()) : interpreted(file.path())));
    }

    private Optional<Program> named() {
        boolean pages = tree.has("index.html") || tree.hasFolder("public");
        for (String name : NAMES) {
            for (String path : tree.paths()) {
                var found = path.equals(name) || path.startsWith(name + ".")
                        ? at(path, name, pages)
                        : Optional.<Program>empty();
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Program> at(String path, String name, boolean pages) {
        var file = tree.file(path);
        if (path.contains("/") || isPython(path) || file.isEmpty()) {
            return Optional.empty();
        }
        if (path.equals(name)) {
            return name.equals("index") ? Optional.empty() : bare(file.get(), path, pages);
        }
        return executable(file.get(), path).or(() -> {
            var extension = path.substring(name.length() + 1);
            if (name.equals("server")) {
                return interpreted(path);
            }
            return switch (extension) {
                case "js", "mjs", "cjs" -> pages ? Optional.empty() : servingScript(path);
                case "rb", "pl" -> interpreted(path);
                default -> Optional.empty();
            };
        });
    }

    /** A file whose whole name says that it is the program: where it cannot run, that is a mistake, and no page to show to everybody. */
    private Optional<Program> bare(SourceFile file, String path, boolean pages) {
        var magic = magic(file);
        boolean meant = file.executable() || magic instanceof Magic.Script || magic instanceof Magic.Elf;
        return !meant || (pages && !file.executable()) ? Optional.empty() : Optional.of(runnable(file, path));
    }

    private Optional<Program> executable(SourceFile file, String path) {
        var magic = magic(file);
        return file.executable() && (magic instanceof Magic.Script || magic instanceof Magic.Elf)
                ? Optional.of(runnable(file, path))
                : Optional.empty();
    }

    private Program runnable(SourceFile file, String path) {
        if (!file.executable()) {
            throw BuildFailure.of(path + " is not executable", "chmod +x " + path);
        }
        var program = "./" + path;
        return switch (magic(file)) {
            case Magic.Script script
            when script.hasWindowsLineEnd() ->
                throw BuildFailure.of(
                        path + " has the line ends of Windows, so that its #! line names no program",
                        "sed -i 's/\\r$//' " + path);
            case Magic.Script(String interpreter) ->
                new Program(program + " is executable and starts with #!" + interpreter, path, List.of(program));
            case Magic.Elf() -> new Program(program + " is executable, a program for Linux", path, List.of(program));
            case Magic.Foreign(String system) ->
                throw BuildFailure.of(path + " is a program for " + system, "build it for Linux");
            case Magic.Unknown() ->
                throw BuildFailure.of(
                        path + " is executable and neither starts with #! nor is a program for Linux",
                        "write #!/bin/sh or another interpreter into its first line");
        };
    }

    private Optional<Program> servingScript(String path) {
        return tree.file(path)
                .filter(file -> SERVES.matcher(blobs.text(file)).find())
                .flatMap(file -> interpreted(path));
    }

    private static Optional<Program> interpreted(String path) {
        var interpreter = INTERPRETERS.get(path.substring(path.indexOf('.') + 1));
        return interpreter == null
                ? Optional.empty()
                : Optional.of(new Program(path + " is run with " + interpreter, path, List.of(interpreter, path)));
    }

    /** What Python's own modes did not take is no server. */
    private static boolean isPython(String path) {
        return path.endsWith(".py");
    }

    private Magic magic(SourceFile file) {
        try (var content = Files.newInputStream(blobs.content(file))) {
            return Magic.of(content.readNBytes(Magic.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
