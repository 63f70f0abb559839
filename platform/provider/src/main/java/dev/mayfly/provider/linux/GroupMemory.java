package dev.mayfly.provider.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Memory of sandboxes as the kernel counts it for their control groups, of either version: each page belongs to the one group that first used it, so what
 * copies share with their zygote is the zygote's. What is only cached and can be had back is left out. Reads files with each call.
 */
record GroupMemory(Path proc, Path mount) {
    static final GroupMemory OF_THIS_MACHINE = new GroupMemory(Path.of("/proc"), Path.of("/sys/fs/cgroup"));

    /** Of all sandboxes of a launcher; each has a group in it. */
    private static final String PREFIX = "mayfly-";

    /** Bytes of the sandbox that a process is in; empty where it has no group of its own, or is gone. */
    OptionalLong of(long pid) {
        return group(pid).map(GroupMemory::bytes).orElseGet(OptionalLong::empty);
    }

    /** Bytes of all sandboxes of the launcher that made the one which a process is in. */
    OptionalLong ofAll(long pid) {
        return group(pid).map(Path::getParent).map(GroupMemory::bytes).orElseGet(OptionalLong::empty);
    }

    private Optional<Path> group(long pid) {
        try {
            for (var line : Files.readAllLines(proc.resolve(Long.toString(pid)).resolve("cgroup"))) {
                var fields = line.split(":", 3); // such as 4:memory:/mayfly-1/s3 or 0::/mayfly-1/s3
                if (fields.length == 3
                        && (fields[1].isEmpty()
                                || Arrays.asList(fields[1].split(",", -1)).contains("memory"))) {
                    var group = mount.resolve(fields[1])
                            .resolve(fields[2].substring(1))
                            .normalize();
                    if (group.startsWith(mount)
                            && ofSandbox(group)
                            && bytes(group).isPresent()) {
                        return Optional.of(group);
                    }
                }
            }
        } catch (IOException e) {
            return Optional.empty(); // it is gone
        }
        return Optional.empty();
    }

    private static boolean ofSandbox(Path group) {
        var all = group.getParent();
        return all != null
                && all.getFileName() != null
                && all.getFileName().toString().startsWith(PREFIX);
    }

    private static OptionalLong bytes(Path group) {
        var unified = number(group.resolve("memory.current"));
        var used = unified.isPresent() ? unified : number(group.resolve("memory.usage_in_bytes"));
        if (used.isEmpty()) {
            return used;
        }
        long cached =
                cached(group.resolve("memory.stat"), unified.isPresent() ? "inactive_file " : "total_inactive_file ");
        return OptionalLong.of(Math.max(0, used.getAsLong() - cached));
    }

    private static OptionalLong number(Path file) {
        try {
            return OptionalLong.of(Long.parseLong(Files.readString(file).strip()));
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static long cached(Path file, String key) {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key))
                    .mapToLong(
                            line -> Long.parseLong(line.substring(key.length()).strip()))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
