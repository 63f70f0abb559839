package dev.mayfly.build.python;

import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.SourceFile;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The files that may hold an entrypoint, by their names. */
record Candidates(SourceTree tree, Blobs blobs) {
    static final List<String> NAMES = List.of("app", "index", "server", "main", "wsgi", "asgi");

    private static final Pattern FOREIGN = Pattern.compile(".*\\.(js|mjs|ts|tsx|go|rb|rs)");

    /** Where an application may be, in order: folder by folder, then by name. */
    List<String> applications(boolean api) {
        var found = new ArrayList<String>();
        for (String folder : List.of("", "src/", "app/")) {
            addExisting(found, folder, NAMES);
        }
        if (isDjango()) {
            for (String folder : topFolders()) {
                addExisting(found, folder + "/", List.of("asgi", "wsgi"));
            }
        }
        if (api) {
            addExisting(found, "api/", NAMES);
        }
        return found;
    }

    /** Files below api/ that are functions if they have an entrypoint. */
    List<String> functions() {
        return python("api").stream().filter(Candidates::isOpen).toList();
    }

    /** Files below api/ that are functions elsewhere, in languages that are not spoken here yet. */
    List<String> foreignFunctions() {
        return tree.below("api").stream()
                .map(SourceFile::path)
                .filter(path ->
                        FOREIGN.matcher(path).matches() && !path.endsWith(".d.ts") && !path.endsWith("_test.go"))
                .filter(Candidates::isOpen)
                .toList();
    }

    /** Programs at the root, the usual names first. */
    List<String> scripts() {
        var found = new LinkedHashSet<String>();
        for (String name : NAMES) {
            if (tree.has(name + ".py")) {
                found.add(name + ".py");
            }
        }
        python("").stream().filter(path -> !path.contains("/")).forEach(found::add);
        return List.copyOf(found);
    }

    /** All that the choice of a mode depends on. */
    Set<String> all() {
        var found = new TreeSet<String>(applications(true));
        found.addAll(functions());
        found.addAll(scripts());
        return found;
    }

    /** Every Python file below a folder. */
    List<String> python(String folder) {
        return tree.below(folder).stream()
                .map(SourceFile::path)
                .filter(path -> path.endsWith(".py") && tree.has(path))
                .toList();
    }

    private static boolean isOpen(String path) {
        return !path.contains("/_") && !path.contains("/.") && !path.contains("/node_modules/");
    }

    private void addExisting(List<String> found, String folder, List<String> names) {
        for (String name : names) {
            if (tree.has(folder + name + ".py")) {
                found.add(folder + name + ".py");
            }
        }
    }

    private boolean isDjango() {
        return tree.file("manage.py")
                .map(file -> blobs.text(file).contains("DJANGO_SETTINGS_MODULE"))
                .orElse(false);
    }

    private Set<String> topFolders() {
        var found = new TreeSet<String>();
        for (String path : tree.paths()) {
            int slash = path.indexOf('/');
            if (slash > 0) {
                found.add(path.substring(0, slash));
            }
        }
        return found;
    }
}
