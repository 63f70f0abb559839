package dev.mayfly.build.python;

import dev.mayfly.build.config.BuildKey;
import dev.mayfly.build.config.ProjectSettings;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.provider.python.Interpreter;
import dev.mayfly.provider.python.Interpreters;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Which Python a project gets: the newest one here that its settings, {@code .python-version} or {@code requires-python} allow; where none of
 * them says anything, the default of this machine.
 */
record PythonChoice(Interpreters pythons, Consumer<String> warnings) {
    private static final Comparator<Interpreter> NEWEST_FIRST = Comparator.comparingInt(Interpreter::minor)
            .thenComparingInt(Interpreter::micro)
            .reversed();

    Chosen choose(SourceTree tree, Blobs blobs, ProjectSettings settings, Optional<PyProject> pyproject) {
        var set = settings.build(BuildKey.PYTHON);
        if (set.isPresent()) {
            var range = VersionRange.parse(set.get())
                    .orElseThrow(() -> BuildFailure.of(
                            "python: " + set.get()
                                    + " (expected: a version such as 3.11, or a range such as >=3.10,<3.13)",
                            "correct build.python"));
            return within(range, "the settings ask for Python " + range.text(), "settings", "build.python");
        }
        var pinned = tree.file(".python-version").flatMap(file -> pinned(blobs.text(file)));
        if (pinned.isPresent()) {
            return pinned(pinned.get());
        }
        var required = pyproject.flatMap(PyProject::requiresPython);
        if (required.isPresent()) {
            var range = VersionRange.parse(required.get());
            if (range.isPresent()) {
                return within(
                        range.get(),
                        "pyproject.toml requires Python " + range.get().text(),
                        "pyproject.toml",
                        "requires-python in pyproject.toml");
            }
            warnings.accept("pyproject.toml: requires-python " + required.get() + " is not understood and was ignored");
        }
        return new Chosen(pythons.preferred().orElseThrow(this::tooOld), "");
    }

    /** A pin is a wish: a newer Python is taken with a warning, an older one is not. */
    private Chosen pinned(VersionRange range) {
        var exact = newest(range);
        if (exact.isPresent()) {
            return new Chosen(exact.get(), ".python-version");
        }
        var instead = pythons.preferred().orElseThrow(this::tooOld);
        if (range.isAbove(instead)) {
            throw missing(".python-version asks for Python " + range.text(), ".python-version");
        }
        warnings.accept(".python-version asks for " + range.text() + ", which is not installed here; "
                + instead.version() + " is used");
        return new Chosen(instead, "");
    }

    private Optional<VersionRange> pinned(String text) {
        var line = text.lines()
                .map(String::strip)
                .filter(each -> !each.isEmpty() && !each.startsWith("#"))
                .findFirst();
        var range = line.flatMap(VersionRange::parse);
        if (line.isPresent() && range.isEmpty()) {
            warnings.accept(".python-version: " + line.get() + " is not understood and was ignored");
        }
        return range;
    }

    private Chosen within(VersionRange range, String demand, String source, String place) {
        return new Chosen(newest(range).orElseThrow(() -> missing(demand, place)), source);
    }

    private Optional<Interpreter> newest(VersionRange range) {
        return pythons.usable().stream().filter(range::allows).findFirst();
    }

    private RuntimeException tooOld() {
        return failure(
                "functions need Python 3." + Interpreters.OLDEST_MINOR + " or newer",
                "install one where every user can reach it, such as apt install python3");
    }

    private RuntimeException missing(String demand, String place) {
        return failure(demand, "change " + place + ", or install that Python where every user can reach it");
    }

    private RuntimeException failure(String demand, String fix) {
        var all = new ArrayList<>(pythons.all());
        all.sort(Comparator.comparing(Interpreters.Found::python, NEWEST_FIRST));
        var found = all.stream()
                .map(each -> "  " + each.python().version() + "  "
                        + each.python().executable() + (each.obstacle().isEmpty() ? "" : "  (" + each.obstacle() + ")"))
                .collect(Collectors.joining("\n"));
        return BuildFailure.of(demand + "; found on this machine:" + (all.isEmpty() ? " none" : "\n" + found), fix);
    }

    /** @param source which file asked for it; empty when none did */
    record Chosen(Interpreter python, String source) {
        String text() {
            return "Python " + python.version() + (source.isEmpty() ? "" : " (from " + source + ")");
        }
    }
}
