package dev.mayfly.build.routing;

import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.SourceFile;
import dev.mayfly.model.StaticFile;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Which files of a project are served as they are. */
public final class StaticFiles {
    private static final String PUBLIC = "public";
    private static final String INDEX = "index.html";

    /** What is for the platform or for developers; the rest of a project without public/ is for everybody. */
    private static final Set<String> PRIVATE_NAMES = Set.of(
            "mayfly.yaml",
            "mayfly.yml",
            "vercel.json",
            "now.json",
            "package.json",
            "tsconfig.json",
            "readme.md",
            "makefile",
            "dockerfile",
            "procfile",
            "pipfile",
            "manifest.in",
            "package-lock.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lockb");

    private static final Pattern PRIVATE_KINDS = Pattern.compile(
            ".*\\.(py[a-z]?|ipynb|toml|lock|cfg|ini|sh|env|pem|key|p12|pfx|crt|db|sqlite3?)|.*requirements[^/]*\\.(txt|in)");

    private static final Set<String> PRIVATE_FOLDERS =
            Set.of("api", "node_modules", "venv", "__pycache__", "wheels", "tests");

    private StaticFiles() {}

    /**
     * The static files by request path, sorted: those of public/ if it has any; else, if {@code plain}, what is left of the project when
     * code, settings and hidden files are taken away.
     */
    public static List<StaticFile> of(SourceTree tree, boolean plain) {
        var found = new TreeMap<String, StaticFile>();
        if (tree.hasFolder(PUBLIC)) {
            for (SourceFile file : tree.below(PUBLIC)) {
                var path = file.path().substring(PUBLIC.length());
                if (!hidden(path)) {
                    add(found, tree, file.path(), path);
                }
            }
        } else if (plain) {
            for (String path : tree.paths()) {
                if (!isPrivate(path)) {
                    add(found, tree, path, "/" + path);
                }
            }
        }
        return List.copyOf(found.values());
    }

    private static void add(Map<String, StaticFile> found, SourceTree tree, String source, String path) {
        tree.file(source).ifPresent(file -> {
            put(found, path, file, path, true);
            if (path.endsWith("/" + INDEX)) {
                var folder = path.substring(0, path.length() - INDEX.length());
                put(found, folder, file, path, true);
                if (folder.length() > 1) {
                    put(found, folder.substring(0, folder.length() - 1), file, path, false);
                }
            }
        });
    }

    /** A file wins over the index of a folder of the same name. */
    private static void put(Map<String, StaticFile> found, String path, SourceFile file, String name, boolean wins) {
        var served = new StaticFile(path, Objects.requireNonNull(file.blob()), file.size(), ContentTypes.of(name));
        if (wins) {
            found.put(path, served);
        } else {
            found.putIfAbsent(path, served);
        }
    }

    /** Names that start with a dot are not for serving, but for the one that is made for it (RFC 8615). */
    private static boolean hidden(String path) {
        return path.replace("/.well-known/", "/").contains("/.");
    }

    private static boolean isPrivate(String path) {
        int slash = path.indexOf('/');
        var lower = path.toLowerCase(Locale.ROOT);
        var name = lower.substring(lower.lastIndexOf('/') + 1);
        return hidden("/" + path)
                || (slash > 0 && PRIVATE_FOLDERS.contains(path.substring(0, slash)))
                || lower.contains("/node_modules/")
                || PRIVATE_NAMES.contains(name)
                || PRIVATE_KINDS.matcher(lower).matches()
                || lower.matches("middleware\\.[jt]s");
    }
}
