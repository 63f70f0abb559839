package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.ProcessTable;
import dev.mayfly.provider.host.ProportionalMemory;
import java.util.HashSet;

/**
 * Memory of a sandbox's processes, each page shared out among those that share it (PSS of proc(5)); where that may not be seen, all
 * of it, which is rather too much.
 */
record MemoryOf(Platform platform) {
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
                .mapToLong(pid -> ProportionalMemory.OF_THIS_MACHINE
                        .apply(pid)
                        .orElseGet(() -> rows.stream()
                                .filter(row -> row.pid() == pid)
                                .mapToLong(ProcessRow::residentBytes)
                                .findFirst()
                                .orElse(0)))
                .sum();
    }
}
