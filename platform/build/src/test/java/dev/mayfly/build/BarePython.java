package dev.mayfly.build;

import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A copy of a Python that has no pip, no ensurepip, no venv and no packages: what Debian installs as {@code python3-minimal} and a bit. */
final class BarePython {
    private static final Set<String> HIDDEN =
            Set.of("site-packages", "dist-packages", "ensurepip", "venv", "sitecustomize.py");

    private BarePython() {}

    /** The folder with its {@code python3}. */
    static Path in(Path folder, Interpreter like) throws IOException {
        var bin = Files.createDirectories(folder.resolve("bin"));
        var python = Files.copy(like.executable(), bin.resolve("python3"));
        Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwxr-xr-x"));
        var library = Files.createDirectories(folder.resolve("lib").resolve(like.runtime()));
        try (var entries = Files.newDirectoryStream(like.library())) {
            for (Path entry : entries) {
                if (!HIDDEN.contains(String.valueOf(entry.getFileName()))) {
                    Files.createSymbolicLink(library.resolve(entry.getFileName()), entry);
                }
            }
        }
        return bin;
    }

    /** Removes what leads into the real one, before the folder itself is removed. */
    static void removeLinks(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (var all = Files.walk(folder)) {
                for (Path link : all.filter(Files::isSymbolicLink).toList()) {
                    Files.delete(link);
                }
            }
        }
    }
}
