package dev.mayfly.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The files of a server's home. */
record Home(Path path) {
    /** Makes the folder, if it is not there. Others may pass through it to the code of functions; what is not for them is closed itself. */
    void create() throws IOException {
        Files.createDirectories(
                path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    }

    Path token() {
        return path.resolve("token");
    }

    Path serverFile() {
        return path.resolve("server.json");
    }

    Path log() {
        return path.resolve("server.log");
    }

    Path prices() {
        return path.resolve("prices.yaml");
    }
}
