package dev.mayfly.provider.python;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where Pythons are usually kept: PATH, the system's folders, pyenv and uv; each file that may be one, best first. */
record Candidates(Map<String, String> environment, List<Path> systemFolders) {
    private static final Pattern NAME = Pattern.compile("python3(\\.\\d{1,2})?");

    /** Files that may be an interpreter, in order of preference; the ones called just {@code python3} lead within their folder. */
    List<Path> list() {
        Set<Path> found = new LinkedHashSet<>();
        for (Path folder : folders()) {
            // A shim asks a version manager, whose versions are looked at by themselves; only its default is of
            // interest.
            var shims = "shims".equals(String.valueOf(folder.getFileName()));
            found.addAll(shims ? children(folder, "python3") : pythonsIn(folder));
        }
        return List.copyOf(found);
    }

    private List<Path> folders() {
        var folders = new ArrayList<Path>();
        for (String part : environment.getOrDefault("PATH", "").split(":", -1)) {
            if (part.startsWith("/")) {
                folders.add(Path.of(part));
            }
        }
        folders.addAll(systemFolders);
        versions(environment.get("PYENV_ROOT"), ".pyenv", "versions").forEach(folders::add);
        versions(environment.get("UV_PYTHON_INSTALL_DIR"), ".local/share/uv/python", "")
                .forEach(folders::add);
        return folders;
    }

    /** The {@code bin} of every version below a version manager's root. */
    private List<Path> versions(@Nullable String root, String belowHome, String inside) {
        var home = environment.get("HOME");
        if (root == null && home == null) {
            return List.of();
        }
        var folder = root != null ? Path.of(root) : Path.of(String.valueOf(home), belowHome);
        return children(folder.resolve(inside), "*").reversed().stream()
                .map(version -> version.resolve("bin"))
                .toList();
    }

    private static List<Path> pythonsIn(Path folder) {
        return children(folder, "python3*").stream()
                .filter(file -> NAME.matcher(String.valueOf(file.getFileName())).matches())
                .filter(Files::isExecutable)
                .toList();
    }

    private static List<Path> children(Path folder, String glob) {
        if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
            return List.of();
        }
        try (var stream = Files.newDirectoryStream(folder, glob)) {
            var files = new ArrayList<Path>();
            stream.forEach(files::add);
            files.sort(null);
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
