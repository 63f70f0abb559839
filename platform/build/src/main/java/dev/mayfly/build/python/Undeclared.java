package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds imports that will fail, before somebody calls the function. */
record Undeclared(Analyzer analyzer, List<String> skipped) {
    private static final List<String> ENVIRONMENTS = List.of(".venv", "venv", "env");

    /**
     * Checks what loading these files needs.
     *
     * @param manifest that holds for them
     * @param layer folder of what it installed
     * @throws dev.mayfly.model.ProblemException build_failed naming each import and the line to add
     */
    void check(Collection<String> files, Optional<Manifest> manifest, Optional<Path> layer)
            throws IOException, InterruptedException {
        var installed = layer.isPresent() ? names(layer.get()) : List.<String>of();
        var missing = analyzer.missing(files, installed);
        if (missing.isEmpty()) {
            return;
        }
        var lines = missing.stream()
                .map(each ->
                        each.file() + ":" + each.line() + " imports " + each.module() + ", which no manifest declares")
                .collect(Collectors.joining("\n"));
        var environment = skipped.stream()
                .map(path -> path.replaceAll("/+$", ""))
                .filter(path -> ENVIRONMENTS.contains(path.substring(path.lastIndexOf('/') + 1)))
                .findFirst();
        if (manifest.isEmpty() && environment.isPresent()) {
            throw BuildFailure.of(
                    lines + "\n" + environment.get()
                            + " was not sent: a virtual environment cannot be moved to another machine",
                    environment.get() + "/bin/python -m pip freeze > requirements.txt");
        }
        throw BuildFailure.of(lines, fix(missing, manifest));
    }

    private static String fix(List<Analysis.Missing> missing, Optional<Manifest> manifest) {
        var distributions = new LinkedHashSet<String>();
        missing.forEach(each -> distributions.add("`" + each.distribution() + "`"));
        var what = new ArrayList<>(distributions);
        var last = what.removeLast();
        var list = what.isEmpty() ? last : String.join(", ", what) + " and " + last;
        return "add " + list + " to "
                + manifest.map(each -> (each.isPyProject() ? "dependencies in " : "") + each.path())
                        .orElse("requirements.txt");
    }

    private static List<String> names(Path layer) throws IOException {
        try (var entries = Files.newDirectoryStream(layer)) {
            var names = new ArrayList<String>();
            entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
            return names;
        }
    }
}
