package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.FolderTree;
import dev.mayfly.provider.host.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Where the sockets of one sandbox are. Nothing inside sees it. */
record RunFolder(Path path) {
    static RunFolder create(RuntimeDirectory directory, String name) throws IOException {
        return new RunFolder(Files.createDirectory(
                directory.instances().resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
    }

    Path controlSocket() {
        return path.resolve("control.sock");
    }

    Path httpSocket() {
        return path.resolve("http.sock");
    }

    void delete() throws IOException {
        FolderTree.delete(path);
    }
}
