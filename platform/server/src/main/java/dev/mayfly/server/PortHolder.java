package dev.mayfly.server;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Finds who listens on a TCP port, as far as this user may see it (proc(5)). */
record PortHolder(Path proc) {
    private static final String LISTEN = "0A";

    /** As in {@code pid 123 python3}. */
    Optional<String> of(int port) {
        var sockets = sockets(port);
        if (sockets.isEmpty()) {
            return Optional.empty();
        }
        try (var processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (var process : processes) {
                if (holds(process, sockets)) {
                    var name = Files.readString(process.resolve("comm")).strip();
                    return Optional.of("pid " + process.getFileName() + " (" + name + ")");
                }
            }
        } catch (IOException gone) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    private Set<String> sockets(int port) {
        var found = new HashSet<String>();
        var suffix = String.format(Locale.ROOT, ":%04X", port);
        for (var table : List.of("net/tcp", "net/tcp6")) {
            try {
                for (var line : Files.readAllLines(proc.resolve(table))) {
                    var columns = line.strip().split("\\s+", -1);
                    if (columns.length > 9 && columns[1].endsWith(suffix) && columns[3].equals(LISTEN)) {
                        found.add("socket:[" + columns[9] + "]");
                    }
                }
            } catch (IOException absent) {
                // this kernel has no such table
            }
        }
        return found;
    }

    private static boolean holds(Path process, Set<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (var descriptor : descriptors) {
                if (sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
                    return true;
                }
            }
        } catch (IOException notOurs) {
            return false;
        }
        return false;
    }
}
