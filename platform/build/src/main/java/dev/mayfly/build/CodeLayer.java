package dev.mayfly.build;

import dev.mayfly.build.python.Compilation;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.Digest;
import dev.mayfly.model.SourceFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The project's own files as functions see them: all but what is for browsers, for tools and for package managers.
 *
 * @param whole whether only what is for tools is left out: a program of another language may read its pages itself, and nobody else installs
 *     its packages
 * @param compilation of its Python, where that is what runs
 */
record CodeLayer(SourceTree tree, Blobs blobs, boolean whole, Optional<Compilation> compilation) {
    private static final String FORMAT = "code/2";
    private static final Set<String> TOP = Set.of(".git", ".gitignore", ".vercel", "public");
    private static final Set<String> TOOLS = Set.of(".git", ".gitignore", ".vercel");
    private static final Set<String> FOLDERS = Set.of(
            ".git",
            ".pnpm-store",
            "node_modules",
            ".next",
            ".nuxt",
            ".venv",
            "venv",
            "__pycache__",
            ".mypy_cache",
            ".ruff_cache");
    private static final Set<String> LOCKS =
            Set.of("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "pdm.lock");

    /** Stores the layer if it is not stored yet. */
    Digest store() throws IOException, InterruptedException {
        var files = tree.files().stream().filter(file -> !excluded(file.path())).toList();
        var key = key(files);
        blobs.artifacts().layer(key, folder -> {
            if (compilation.isPresent()) {
                compilation.get().into(files, blobs, folder);
            }
            blobs.write(files, folder);
        });
        return key;
    }

    private Digest key(List<SourceFile> files) {
        var text = new StringBuilder(FORMAT).append('\n');
        compilation.ifPresent(each -> text.append(each.key()).append('\n'));
        for (SourceFile file : files) {
            // No path contains a control character, so that these lines mean one thing only.
            text.append(file.path()).append('\u0000');
            text.append(file.link() != null ? "-> " + file.link() : String.valueOf(file.blob()));
            text.append(file.executable() ? " x\n" : "\n");
        }
        return Digest.of(text.toString());
    }

    private boolean excluded(String path) {
        var segments = path.split("/", -1);
        if (whole) {
            return TOOLS.contains(segments[0]);
        }
        if (TOP.contains(segments[0]) || (segments.length == 1 && LOCKS.contains(path))) {
            return true;
        }
        for (String segment : segments) {
            if (FOLDERS.contains(segment)) {
                return true;
            }
        }
        return false;
    }
}
