package dev.mayfly.cli;

import dev.mayfly.model.ProjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Remembers in {@code .mayfly/project} which project a folder was deployed as, when that is not what the folder is called. */
final class ProjectLink {
    private ProjectLink() {}

    static Optional<String> read(Path folder) {
        try {
            return Optional.of(new ProjectName(Files.readString(file(folder)).strip()).value());
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Returns whether the folder now says so; one that cannot be written to is left as it is. */
    static boolean write(Path folder, ProjectName name) {
        try {
            Files.createDirectories(folder.resolve(".mayfly"));
            Files.writeString(file(folder), name + "\n");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Path file(Path folder) {
        return folder.resolve(".mayfly").resolve("project");
    }
}
