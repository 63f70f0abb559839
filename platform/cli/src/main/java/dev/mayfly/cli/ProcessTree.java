package dev.mayfly.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What {@code /proc} says of this machine's processes, independent of what the server says. */
final class ProcessTree {
    private static final Path PROC = Path.of("/proc");

    private ProcessTree() {}

    /** Everything below a process, itself excluded, ended ones that nobody asked for excluded. */
    static Set<Long> below(long root) throws IOException {
        var parents = parents();
        var found = new HashSet<Long>();
        boolean more = true;
        while (more) {
            more = false;
            for (var each : parents.entrySet()) {
                if ((each.getValue() == root || found.contains(each.getValue())) && found.add(each.getKey())) {
                    more = true;
                }
            }
        }
        return found;
    }

    private static Map<Long, Long> parents() throws IOException {
        var parents = new HashMap<Long, Long>();
        try (var pids = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (var pid : pids) {
                stat(Long.parseLong(String.valueOf(pid.getFileName())))
                        .filter(fields -> !fields.getFirst().equals("Z"))
                        .ifPresent(fields -> parents.put(
                                Long.parseLong(String.valueOf(pid.getFileName())), Long.parseLong(fields.get(1))));
            }
        }
        return parents;
    }

    /** The fields of {@code /proc/PID/stat} from the state on; empty when it is gone. */
    private static Optional<List<String>> stat(long pid) {
        try {
            var text = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            return Optional.of(List.of(text.substring(text.lastIndexOf(')') + 2).split(" ", -1)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether it runs; one that has ended and only waits for its parent does not. */
    static boolean alive(long pid) {
        return stat(pid).filter(fields -> !fields.getFirst().equals("Z")).isPresent();
    }

    /** CPU time of a process and of those it has waited for, in hundredths of a second; 0 when it is gone. */
    static long cpuTicks(long pid) {
        return stat(pid)
                .map(fields -> fields.subList(11, 15).stream()
                        .mapToLong(Long::parseLong)
                        .sum())
                .orElse(0L);
    }

    static boolean awaitGone(Collection<Long> pids, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (pids.stream().anyMatch(ProcessTree::alive)) {
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return true;
    }

    /** Processes of this user whose command line or environment holds a text; those of others cannot be looked into. */
    static List<Long> mentioning(String text) throws IOException {
        var found = new ArrayList<Long>();
        try (var pids = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (var pid : pids) {
                long number = Long.parseLong(String.valueOf(pid.getFileName()));
                if ((read(pid.resolve("cmdline")) + read(pid.resolve("environ"))).contains(text) && alive(number)) {
                    found.add(number);
                }
            }
        }
        return found;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it ended, or is another user's
        }
    }

    /** The control groups of a process, as folders of this machine, without those that it shares with {@code other}. */
    static Set<Path> groups(long pid, long other) throws IOException {
        var groups = new HashSet<>(groups(pid));
        groups.removeAll(groups(other));
        return groups;
    }

    /** By cgroups(7): {@code /proc/PID/cgroup} names them below the mounts of each hierarchy. */
    static Set<Path> groups(long pid) throws IOException {
        var folders = new HashSet<Path>();
        for (var line : Files.readAllLines(PROC.resolve(pid + "/cgroup"))) {
            var parts = line.split(":", 3);
            for (var mount : Files.readAllLines(PROC.resolve("self/mountinfo"))) {
                var kind = mount.substring(mount.indexOf(" - ") + 3).split(" ", 3);
                boolean unified = parts[1].isEmpty() && kind[0].equals("cgroup2");
                boolean old = !parts[1].isEmpty()
                        && kind[0].equals("cgroup")
                        && List.of(kind[2].split(",", -1)).containsAll(List.of(parts[1].split(",", -1)));
                if (unified || old) {
                    var below = parts[2].replaceFirst("^/", "");
                    folders.add(Path.of(mount.split(" ", 6)[4]).resolve(below));
                }
            }
        }
        return folders;
    }
}
