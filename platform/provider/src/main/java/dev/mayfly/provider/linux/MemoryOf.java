package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.ProcessTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;

/** Memory of a sandbox's processes, each page shared out among those that share it (PSS of proc(5)). */
record MemoryOf(Platform platform) {
    private static final String PSS = "Pss:";

    /** Bytes of all processes in it; 0 when none can be read. */
    long of(LinuxInstance instance) {
        long init = instance.initPid();
        if (init <= 1) {
            return 0;
        }
        var rows = platform.table().all();
        var pids = new HashSet<>(ProcessTable.tree(rows, init));
        pids.addAll(instance.group());
        return pids.stream()
                .mapToLong(pid -> ofProcess(
                        pid,
                        rows.stream()
                                .filter(row -> row.pid() == pid)
                                .mapToLong(ProcessRow::residentBytes)
                                .findFirst()
                                .orElse(0)))
                .sum();
    }

    private static long ofProcess(long pid, long resident) {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "smaps_rollup"))) {
            return lines.filter(line -> line.startsWith(PSS))
                    .mapToLong(line -> Long.parseLong(line.substring(PSS.length())
                                    .replace("kB", "")
                                    .strip())
                            * 1024)
                    .findFirst()
                    .orElse(resident);
        } catch (IOException | RuntimeException e) {
            return resident; // not shared out, so rather too much
        }
    }
}
