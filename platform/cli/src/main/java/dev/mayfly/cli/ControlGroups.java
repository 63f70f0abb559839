package dev.mayfly.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Control groups of instances, remembered for a look at whether they are still there; others may have come under the same names since. */
final class ControlGroups {
    private final Map<Path, Object> seen = new HashMap<>();

    /** Remembers those of a function's process, which are those that the server's own process is not in. */
    void add(long pid, long server) throws IOException {
        for (var group : ProcessTree.groups(pid, server)) {
            seen.put(group, identity(group));
        }
    }

    int size() {
        return seen.size();
    }

    List<Path> left() throws IOException {
        var left = new ArrayList<Path>();
        for (var each : seen.entrySet()) {
            if (Files.exists(each.getKey()) && each.getValue().equals(identity(each.getKey()))) {
                left.add(each.getKey());
            }
        }
        return left;
    }

    /** Never used twice, which its name may be. */
    private static Object identity(Path group) throws IOException {
        return Files.exists(group) ? Objects.requireNonNull(Files.getAttribute(group, "unix:ino")) : "gone";
    }
}
