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
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");

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

    /** Bytes of its heap that something refers to: counted in the same pause that collects the garbage, so that what comes after it is left out. */
    static long liveHeap(long pid) {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var counted = new Shell(Map.of())
                .run(Path.of("/"), List.of(jcmd, Long.toString(pid), "GC.class_histogram"))
                .ok()
                .out();
        var total = TOTAL.matcher(counted);
        if (!total.find()) {
            throw new IllegalStateException("no total: " + counted);
        }
        return Long.parseLong(total.group(1));
    }
}
