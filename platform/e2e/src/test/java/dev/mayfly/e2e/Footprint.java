package dev.mayfly.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a process takes.
 *
 * @param resident bytes of memory
 * @param descriptors open files and sockets
 */
record Footprint(long resident, int descriptors) {
    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    static Footprint of(long pid) throws IOException {
        var status = Files.readString(Path.of("/proc/" + pid + "/status"));
        var line = status.lines()
                .filter(each -> each.startsWith("VmRSS:"))
                .findFirst()
                .orElseThrow();
        try (var open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return new Footprint(Long.parseLong(line.replaceAll("\\D", "")) * 1024, (int) open.count());
        }
    }

    /** Bytes of its heap that are in use once garbage is collected. */
    static long liveHeap(long pid) {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var shell = new Shell(Map.of());
        shell.run(Path.of("/"), List.of(jcmd, Long.toString(pid), "GC.run")).ok();
        var heap = shell.run(Path.of("/"), List.of(jcmd, Long.toString(pid), "GC.heap_info"))
                .ok()
                .out();
        return heap.lines()
                        .filter(line -> !line.contains("etaspace") && !line.contains("class space"))
                        .flatMap(line -> USED.matcher(line).results())
                        .mapToLong(used -> Long.parseLong(used.group(1)))
                        .sum()
                * 1024;
    }
}
