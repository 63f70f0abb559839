package dev.mayfly.provider.python;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Pythons of this machine. Each file is asked once what it is, when somebody first wants to know; one that was added or replaced since
 * is found. Safe for use by many threads.
 */
public final class Interpreters {
    /** The worker's language level: 3.9. */
    public static final int OLDEST_MINOR = 9;

    private static final List<Path> SYSTEM = List.of(Path.of("/usr/bin"), Path.of("/usr/local/bin"));
    private static final String QUESTION = """
            import sys, os, sysconfig
            print(sys.version_info[0]); print(sys.version_info[1]); print(sys.version_info[2])
            print(sysconfig.get_config_var('EXT_SUFFIX') or sysconfig.get_platform())
            print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))
            print(os.path.dirname(os.path.realpath(os.__file__)))
            """;

    private final Candidates candidates;
    private final Reach reach;
    private final Map<Asked, Optional<Interpreter>> answers = new ConcurrentHashMap<>();

    /**
     * @param environment the server's own; PATH, HOME, PYENV_ROOT and UV_PYTHON_INSTALL_DIR are read
     * @param reach of those who run functions
     */
    public Interpreters(Map<String, String> environment, Reach reach) {
        this(new Candidates(environment, SYSTEM), reach);
    }

    Interpreters(Candidates candidates, Reach reach) {
        this.candidates = candidates;
        this.reach = reach;
    }

    /** The usable Python for a runtime such as {@code python3.11}. */
    public Optional<Interpreter> find(String runtime) {
        var files = candidates.list();
        var byName = files.stream().filter(file -> file.endsWith(runtime));
        var byDefault = files.stream().filter(file -> file.endsWith("python3"));
        return Stream.concat(byName, byDefault)
                .flatMap(file -> ask(file).stream())
                .filter(python -> python.runtime().equals(runtime))
                .filter(this::usable)
                .findFirst();
    }

    /** What {@code python3} means on this machine, if functions can use that; else the newest that they can. */
    public Optional<Interpreter> preferred() {
        return candidates.list().stream()
                .filter(file -> file.endsWith("python3"))
                .flatMap(file -> ask(file).stream())
                .filter(this::usable)
                .findFirst()
                .or(() -> usable().stream().findFirst());
    }

    /** Every usable Python, newest first; one of each minor version. */
    public List<Interpreter> usable() {
        var newest = new LinkedHashMap<String, Interpreter>();
        for (Found found : all()) {
            if (found.obstacle().isEmpty()) {
                newest.putIfAbsent(found.python().runtime(), found.python());
            }
        }
        var sorted = new ArrayList<>(newest.values());
        sorted.sort(Comparator.comparingInt(Interpreter::minor).reversed());
        return sorted;
    }

    /** Every Python that was found, best first, with what keeps functions from using it. */
    public List<Found> all() {
        var found = new LinkedHashMap<Path, Found>();
        for (Path file : candidates.list()) {
            ask(file).ifPresent(python -> found.putIfAbsent(python.executable(), new Found(python, obstacle(python))));
        }
        return List.copyOf(found.values());
    }

    private boolean usable(Interpreter python) {
        return obstacle(python).isEmpty();
    }

    private String obstacle(Interpreter python) {
        if (!python.recent()) {
            return "older than 3." + OLDEST_MINOR;
        }
        return reach.obstacle(python.executable())
                .or(() -> reach.obstacle(python.library()))
                .orElse("");
    }

    private Optional<Interpreter> ask(Path file) {
        try {
            var key = new Asked(file, file.toRealPath(), Files.getLastModifiedTime(file));
            var known = answers.get(key);
            if (known != null) {
                return known;
            }
            var answer = answer(file);
            answers.put(key, answer);
            return answer;
        } catch (IOException e) {
            // A file that went away or cannot be run is not an interpreter.
            return Optional.empty();
        }
    }

    private static Optional<Interpreter> answer(Path file) throws IOException {
        var process = new ProcessBuilder(file.toString(), "-I", "-S", "-c", QUESTION)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            process.getOutputStream().close();
            // Whoever hangs instead of answering is ended, which ends the reading below.
            var guard = process.onExit().orTimeout(10, TimeUnit.SECONDS).whenComplete((ended, late) -> {
                if (late != null) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                }
            });
            var lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            guard.exceptionally(late -> process).join();
            return process.exitValue() == 0 && lines.size() == 6 ? Optional.of(parse(lines)) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Interpreter parse(List<String> lines) {
        return new Interpreter(
                Path.of(lines.get(4)),
                Integer.parseInt(lines.get(0)),
                Integer.parseInt(lines.get(1)),
                Integer.parseInt(lines.get(2)),
                lines.get(3),
                Path.of(lines.get(5)));
    }

    /**
     * A Python and what keeps functions from using it.
     *
     * @param obstacle empty when nothing does
     */
    public record Found(Interpreter python, String obstacle) {}

    private record Asked(Path file, Path real, FileTime changed) {}
}
