package dev.mayfly.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the control groups that this process is in, from its own to the outermost that can be seen, leave of a machine: a container has less than
 * {@code /proc} says. Both versions of Linux; where there are none nothing is limited. Reads files with each call.
 */
final class ControlGroups {
    /** Version 1 says a number this large where there is no limit. */
    private static final long UNLIMITED = 1L << 60;

    private final Path proc;
    private final Path mount;

    /** @param mount where the groups are, on most machines {@code /sys/fs/cgroup} */
    ControlGroups(Path proc, Path mount) {
        this.proc = proc;
        this.mount = mount;
    }

    /** Bytes that can be had before the tightest limit, what is only cached counted as free; the most there is where nothing limits. */
    long memory() throws IOException {
        long left = Long.MAX_VALUE;
        for (var group : groups("")) {
            left = Math.min(left, left(group, "memory.max", "memory.current", "inactive_file"));
        }
        for (var group : groups("memory")) {
            left = Math.min(left, left(group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
        }
        return left;
    }

    /** The tightest limit in bytes; the most there is where nothing limits. */
    long memoryLimit() throws IOException {
        long least = Long.MAX_VALUE;
        for (var group : groups("")) {
            least = Math.min(least, limit(group, "memory.max"));
        }
        for (var group : groups("memory")) {
            least = Math.min(least, limit(group, "memory.limit_in_bytes"));
        }
        return least;
    }

    private static long limit(Path group, String limit) throws IOException {
        long most = number(group.resolve(limit), "");
        return most < 0 || most >= UNLIMITED ? Long.MAX_VALUE : most;
    }

    private static long left(Path group, String limit, String used, String cached) throws IOException {
        long most = limit(group, limit);
        if (most == Long.MAX_VALUE) {
            return most;
        }
        long taken = Math.max(0, number(group.resolve(used), ""))
                - Math.max(0, number(group.resolve("memory.stat"), cached));
        return Math.max(0, most - taken);
    }

    /**
     * What it may compute, and has.
     *
     * @param processors that it may use; infinite: as many as there are
     * @param usedMicros what it has used of them since it is there
     */
    record Quota(double processors, long usedMicros) {
        static final Quota NONE = new Quota(Double.POSITIVE_INFINITY, 0);
    }

    /** The tightest. */
    Quota quota() throws IOException {
        var tightest = Quota.NONE;
        for (var group : groups("")) {
            var fields = words(group.resolve("cpu.max")); // such as: max 100000
            if (fields.length == 2 && !fields[0].equals("max")) {
                double processors = Double.parseDouble(fields[0]) / Double.parseDouble(fields[1]);
                if (processors < tightest.processors) {
                    tightest = new Quota(processors, Math.max(0, number(group.resolve("cpu.stat"), "usage_usec")));
                }
            }
        }
        for (var group : groups("cpu")) {
            double processors = (double) number(group.resolve("cpu.cfs_quota_us"), "")
                    / number(group.resolve("cpu.cfs_period_us"), "");
            if (number(group.resolve("cpu.cfs_quota_us"), "") > 0 && processors < tightest.processors) {
                tightest = new Quota(processors, Math.max(0, number(group.resolve("cpuacct.usage"), "")) / 1000);
            }
        }
        return tightest;
    }

    /**
     * From its own to the outermost.
     *
     * @param controller of version 1; empty: the groups of version 2
     */
    private List<Path> groups(String controller) throws IOException {
        var file = proc.resolve("self/cgroup");
        var found = new ArrayList<Path>();
        for (var line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
            var fields = line.split(":", 3); // such as 0::/system.slice or 4:cpu,cpuacct:/user.slice
            if (fields.length == 3 && Arrays.asList(fields[1].split(",", -1)).contains(controller)) {
                var root = controller.isEmpty() ? mount : mount.resolve(fields[1]);
                var own = root.resolve(fields[2].substring(1)).normalize();
                for (var each = own; each != null && each.startsWith(root); each = each.getParent()) {
                    found.add(each);
                }
            }
        }
        return found;
    }

    private static String[] words(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file).strip().split("\\s+") : new String[0];
    }

    /**
     * A number in a file.
     *
     * @param key that the line begins with; empty: the number is alone there
     * @return -1 where there is none
     */
    private static long number(Path file, String key) throws IOException {
        var words = words(file);
        for (int i = 0; i < words.length - 1 && !key.isEmpty(); i++) {
            if (words[i].equals(key)) {
                return Long.parseLong(words[i + 1]);
            }
        }
        boolean alone = key.isEmpty() && words.length == 1 && words[0].matches("-?[0-9]{1,19}");
        return alone ? Long.parseLong(words[0]) : -1;
    }
}
