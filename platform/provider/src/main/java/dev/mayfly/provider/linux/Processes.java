package dev.mayfly.provider.linux;

import dev.mayfly.provider.Provider.PlatformProcess;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.ProcessTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The launcher and everything below it, each with what it is there for. */
record Processes(
        Platform platform,
        Optional<Long> launcher,
        Collection<LinuxInstance> live,
        Map<Zygote, String> zygotes,
        Collection<Long> tools) {
    List<PlatformProcess> list() {
        if (launcher.isEmpty()) {
            return List.of();
        }
        var rows = platform.recent().now();
        var byPid = new HashMap<Long, ProcessRow>();
        rows.forEach(row -> byPid.put(row.pid(), row));
        var told = new HashMap<Long, PlatformProcess>();
        for (var instance : live) {
            var waits = instance.waits();
            if (waits.isPresent()) {
                ofWaiting(rows, byPid, instance, waits.get(), told);
            } else {
                ofInstance(rows, byPid, instance, told);
            }
        }
        zygotes.forEach((zygote, runtime) ->
                describe(byPid.get(zygote.pid()), runtime, "zygote").ifPresent(each -> told.put(zygote.pid(), each)));
        for (long init : tools) {
            for (long pid : ProcessTable.tree(rows, init)) {
                describe(byPid.get(pid), "", "building").ifPresent(each -> told.put(pid, each));
            }
        }
        var all = new ArrayList<PlatformProcess>();
        for (long pid : ProcessTable.tree(rows, launcher.get())) {
            Optional.ofNullable(told.remove(pid))
                    .or(() -> describe(byPid.get(pid), "", pid == launcher.get() ? "launcher" : "network"))
                    .ifPresent(all::add);
        }
        all.addAll(told.values());
        return all;
    }

    /** What moved into its sandbox is nobody's child there, and found by its group. What shares another's memory has none of its own. */
    private void ofWaiting(
            List<ProcessRow> rows,
            Map<Long, ProcessRow> byPid,
            LinuxInstance instance,
            LinuxInstance.Waiting waits,
            Map<Long, PlatformProcess> told) {
        var pids = new LinkedHashSet<>(ProcessTable.tree(rows, instance.initPid()));
        pids.addAll(instance.group());
        for (long pid : pids) {
            describe(byPid.get(pid), waits.whose(), waits.role())
                    .map(each -> waits.seat() && pid != instance.initPid() ? without(each) : each)
                    .ifPresent(each -> told.put(pid, each));
        }
    }

    private static PlatformProcess without(PlatformProcess process) {
        return new PlatformProcess(process.pid(), process.instance(), process.role(), 0, process.cpuMicros());
    }

    private void ofInstance(
            List<ProcessRow> rows,
            Map<Long, ProcessRow> byPid,
            LinuxInstance instance,
            Map<Long, PlatformProcess> told) {
        long init = instance.initPid();
        if (init <= 1) {
            return;
        }
        // Before anything else the init starts the worker, whose pid nobody outside is told.
        long worker = rows.stream()
                .filter(row -> row.parent() == init)
                .min(Comparator.comparingLong(ProcessRow::startTicks).thenComparingLong(ProcessRow::pid))
                .map(ProcessRow::pid)
                .orElse(-1L);
        for (long pid : ProcessTable.tree(rows, init)) {
            var role = pid == init ? "init" : pid == worker ? "worker" : "child";
            describe(byPid.get(pid), instance.id(), role).ifPresent(each -> told.put(pid, each));
        }
    }

    private Optional<PlatformProcess> describe(
            @org.jspecify.annotations.Nullable ProcessRow row, String instance, String role) {
        if (row == null || row.ended()) {
            return Optional.empty();
        }
        return Optional.of(new PlatformProcess(
                row.pid(),
                instance,
                role,
                row.residentBytes(),
                Math.max(0, platform.kernel().processCpuMicros(row.pid()))));
    }
}
