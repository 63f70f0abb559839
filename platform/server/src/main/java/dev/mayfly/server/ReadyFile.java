package dev.mayfly.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** {@code server.json}: where the running server of a home is found. It is complete whenever it exists. */
record ReadyFile(Path file) {

    /** The line for whoever started the server, and the content of the file. */
    static String line(String url, long pid, String version, long startedAt) {
        return "{\"url\":\"" + url + "\",\"pid\":" + pid + ",\"version\":\"" + version + "\",\"startedAt\":" + startedAt
                + "}";
    }

    void write(String line) throws IOException {
        var part = file.resolveSibling("server.json.part");
        Files.writeString(part, line + "\n");
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-------"));
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Takes it away if it is still this process's own. */
    void remove(long pid) throws IOException {
        try {
            if (Files.readString(file).contains("\"pid\":" + pid + ",")) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException gone) {
            // then it need not be removed
        }
    }
}
