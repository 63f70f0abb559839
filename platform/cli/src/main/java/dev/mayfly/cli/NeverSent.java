package dev.mayfly.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/** What no ignore file can bring back into an upload: secrets, version control, environments and what programs leave behind. */
enum NeverSent {
    SENT,
    /** Left behind without a word. */
    SILENT,
    /** Left behind, and the builder is told: its advice depends on it. */
    TOLD,
    /** Left behind, and the person is told. */
    SECRET;

    private static final Set<String> NOISE = Set.of(
            ".git",
            ".hg",
            ".svn",
            "CVS",
            ".gitignore",
            ".gitmodules",
            ".gitattributes",
            ".vercelignore",
            ".mayflyignore",
            ".mayfly",
            ".vercel",
            "__pycache__",
            ".mypy_cache",
            ".ruff_cache",
            ".pytest_cache",
            ".DS_Store");

    static NeverSent check(Path file, BasicFileAttributes attributes) {
        var name = Source.fileName(file);
        if (NOISE.contains(name) || name.endsWith(".pyc") || isSwap(name)) {
            return SILENT;
        }
        if (name.equals("node_modules") || name.equals(".venv") || name.equals("venv")) {
            return TOLD;
        }
        if (attributes.isDirectory() && Files.exists(file.resolve("pyvenv.cfg"))) {
            return TOLD;
        }
        if (name.equals(".env") || name.startsWith(".env.") || name.equals(".envrc")) {
            return attributes.isRegularFile() ? SECRET : TOLD;
        }
        return SENT;
    }

    /** Files that vim, emacs and others keep while a file is open. */
    private static boolean isSwap(String name) {
        return (name.startsWith(".") && (name.endsWith(".swp") || name.endsWith(".swo")))
                || name.endsWith("~")
                || name.startsWith(".#")
                || (name.startsWith("#") && name.endsWith("#"));
    }
}
