package dev.mayfly.build.python;

import dev.mayfly.build.config.Unsupported;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.SourceTree;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Finds the manifest that holds for a file: the nearest one on the way from its folder up to the root. */
final class Manifests {
    private static final List<String> LOCKS =
            List.of("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "Pipfile");
    private static final List<String> LISTS = List.of("requirements.txt", "requirements.in");

    private final SourceTree tree;
    private final Blobs blobs;
    private final Unsupported unsupported;
    private final Consumer<String> warnings;
    private final Map<String, Optional<Manifest>> found = new HashMap<>();

    Manifests(SourceTree tree, Blobs blobs, Unsupported unsupported, Consumer<String> warnings) {
        this.tree = tree;
        this.blobs = blobs;
        this.unsupported = unsupported;
        this.warnings = warnings;
    }

    /** The manifest for a source file. */
    Optional<Manifest> of(String file) {
        var folder = RequirementsReader.folder(file);
        while (true) {
            var manifest = in(folder);
            if (manifest.isPresent() || folder.isEmpty()) {
                return manifest;
            }
            folder = RequirementsReader.folder(folder);
        }
    }

    /** The {@code pyproject.toml} at the root. */
    Optional<PyProject> pyproject() {
        return tree.file("pyproject.toml").map(file -> PyProject.read(file, blobs));
    }

    private Optional<Manifest> in(String folder) {
        var known = found.get(folder);
        if (known == null) {
            known = read(folder);
            found.put(folder, known);
        }
        return known;
    }

    private Optional<Manifest> read(String folder) {
        var prefix = folder.isEmpty() ? "" : folder + "/";
        var list = LISTS.stream().map(prefix::concat).filter(tree::has).findFirst();
        var pyproject = tree.file(prefix + "pyproject.toml").map(file -> PyProject.read(file, blobs));
        var unread = Stream.concat(
                        LOCKS.stream().map(prefix::concat).filter(tree::has),
                        pyproject.filter(PyProject::leavesDependenciesToPoetry).stream()
                                .map(each -> each.path() + ": tool.poetry.dependencies"))
                .toList();
        for (String each : unread) {
            if (list.isEmpty()) {
                unsupported.met(each);
            } else {
                warnings.accept(each + " is not read; " + list.get() + " is");
            }
        }
        if (pyproject.isPresent() && pyproject.get().declaresDependencies() && (list.isEmpty() || unread.isEmpty())) {
            return pyproject.map(Manifest::of);
        }
        return list.map(path -> new RequirementsReader(tree, blobs).read(path))
                .or(() -> pyproject.map(Manifest::of).filter(each -> !folder.isEmpty() || unread.isEmpty()));
    }
}
