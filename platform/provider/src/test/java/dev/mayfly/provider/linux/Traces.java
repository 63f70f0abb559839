package dev.mayfly.provider.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** All that sandboxes could leave behind on this machine, counted. */
final class Traces {
    private final LinuxFixture fixture;
    private final LinuxProvider provider;

    Traces(LinuxFixture fixture, LinuxProvider provider) {
        this.fixture = fixture;
        this.provider = provider;
    }

    /** How many there are of what should not grow, by what it is. */
    Map<String, Long> now() {
        var counts = new TreeMap<String, Long>();
        var own = own();
        var pids = fixture.processes().stream()
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
        counts.put("processes", (long) pids.size());
        counts.put(
                "network namespaces",
                Stream.concat(
                                pids.stream().map(pid -> link(Path.of("/proc", pid, "ns/net"))),
                                own.stream()
                                        .flatMap(pid -> descriptors(pid).stream())
                                        .filter(name -> name.startsWith("net:")))
                        .distinct()
                        .count());
        counts.put("control groups", groups());
        counts.put("mounts here", mounts("self", fixture.directory.key()));
        counts.put("files", count(fixture.directory.root()));
        for (var pid : own) {
            counts.put("descriptors of " + pid, (long) descriptors(pid).size());
            counts.put("mounts of " + pid, mounts(Long.toString(pid), ""));
        }
        return counts;
    }

    /** Processes that last as long as the provider: the launcher, and those of its network. */
    List<Long> own() {
        return provider.processes().stream()
                .filter(process -> List.of("launcher", "network").contains(process.role()))
                .map(process -> process.pid())
                .sorted()
                .toList();
    }

    /** Descriptors of this JVM. */
    static long ofThisProcess() {
        return descriptors(ProcessHandle.current().pid()).size();
    }

    /** KiB that a process has in memory. */
    static long resident(long pid) {
        return read("/proc/" + pid + "/status")
                .lines()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    private static List<String> descriptors(long pid) {
        try (var open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return open.map(Traces::link).filter(name -> !name.isEmpty()).toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private static String link(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException ended) {
            return "";
        }
    }

    private long groups() {
        long found = 0;
        for (var line : read("/proc/self/mountinfo").lines().toList()) {
            var words = line.split(" - ", -1);
            if (words[1].startsWith("cgroup")) {
                var root = Path.of(words[0].split(" ", -1)[4]);
                for (var name : List.of("mayfly-" + fixture.directory.key(), "mayfly.slice")) {
                    found += count(root.resolve(name));
                }
                found += ownGroups(root);
            }
        }
        return found;
    }

    /** Where this process itself is in a group, those of the launcher are below it. */
    private long ownGroups(Path root) {
        return read("/proc/self/cgroup")
                .lines()
                .map(line -> line.split(":", 3)[2])
                .distinct()
                .filter(path -> !path.equals("/"))
                .mapToLong(path -> count(root.resolve(path.substring(1)).resolve("mayfly-" + fixture.directory.key())))
                .sum();
    }

    private static long mounts(String pid, String naming) {
        return read("/proc/" + pid + "/mountinfo")
                .lines()
                .filter(line -> line.contains(naming))
                .count();
    }

    private static long count(Path folder) {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (var all = Files.walk(folder)) {
            return all.filter(path -> Files.isDirectory(path) || !path.startsWith("/sys"))
                    .count();
        } catch (IOException | UncheckedIOException e) {
            return -1; // something is being removed
        }
    }

    private static String read(String path) {
        try {
            return Files.readString(Path.of(path), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
