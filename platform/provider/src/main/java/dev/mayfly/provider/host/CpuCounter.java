package dev.mayfly.provider.host;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The CPU time of an instance: its live processes by their own clocks, and what those have waited for. Never goes down: between the end of
 * a child and the moment its parent's account shows it, the highest figure seen stands.
 */
public final class CpuCounter {
    private final Kernel kernel;
    private final ProcessTable table;
    private final RecentProcesses recent;
    private final long init;
    private final long worker;
    private final Map<Long, Long> startTicks = new HashMap<>();
    private boolean readBefore;
    private long initMicros;
    private long highest;

    public CpuCounter(Kernel kernel, ProcessTable table, RecentProcesses recent, long init, long worker) {
        this.kernel = kernel;
        this.table = table;
        this.recent = recent;
        this.init = init;
        this.worker = worker;
    }

    public synchronized long micros() {
        var rows = readBefore ? recent.recent() : recent.now();
        readBefore = true;
        return micros(rows);
    }

    /** Reads with a table just taken, for the last figure before the end. */
    public synchronized long lastMicros() {
        return micros(recent.now());
    }

    private long micros(List<ProcessRow> rows) {
        // Parents first: a child that ends meanwhile is then missed once, and not counted twice.
        Set<Long> pids = new LinkedHashSet<>(List.of(init, worker));
        pids.addAll(ProcessTable.tree(rows, init));
        pids.addAll(ProcessTable.tree(rows, worker));
        startTicks.keySet().retainAll(pids);
        long sum = 0;
        for (long pid : pids) {
            sum += ofProcess(pid);
        }
        highest = Math.max(highest, sum);
        return highest;
    }

    private long ofProcess(long pid) {
        var row = table.find(pid).orElse(null);
        if (row == null || startTicks.computeIfAbsent(pid, p -> row.startTicks()) != row.startTicks()) {
            return 0; // gone, or its number now belongs to another process
        }
        long own = Math.max(0, kernel.processCpuMicros(pid));
        if (pid == init) {
            initMicros = own;
        }
        return own + row.reapedMicros();
    }

    /**
     * The final figure.
     *
     * @param reapedMicros what the init says that it waited for; believed as far as this much time was there to be used
     * @param possibleMicros processors times the life of the instance
     */
    public synchronized long close(long reapedMicros, long possibleMicros) {
        highest = Math.max(highest, Math.min(initMicros + Math.max(0, reapedMicros), possibleMicros));
        return highest;
    }
}
