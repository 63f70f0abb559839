package dev.mayfly.provider.process;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The processes of one instance, however far they have run: those of its user where it has one of its own; else its tree, its session, and
 * whatever carries its mark. A process is only ever signalled while pid and start time say that it is still the one meant.
 */
final class Family {
    private static final long LONGEST_END_MILLIS = 10_000;

    private final Kernel kernel;
    private final ProcessTable table;
    private final ProcessRow init;
    private final Optional<Integer> user;
    private final String mark;
    private final long self = ProcessHandle.current().pid();
    private final Map<Long, Long> known = new HashMap<>();

    /** @param mark an entry of the environment that only its processes have */
    Family(Kernel kernel, ProcessTable table, ProcessRow init, Optional<Integer> user, String mark) {
        this.kernel = kernel;
        this.table = table;
        this.init = init;
        this.user = user;
        this.mark = mark;
        known.put(init.pid(), init.startTicks());
    }

    /** Those alive now. */
    synchronized List<ProcessRow> members() {
        var rows = table.all();
        known.entrySet().removeIf(entry -> rows.stream().noneMatch(row -> isKnown(row, entry)));
        Set<Long> descending = new HashSet<>();
        for (long pid : known.keySet()) {
            descending.addAll(ProcessTable.tree(rows, pid));
        }
        var members = rows.stream()
                .filter(row -> row.pid() > 1 && row.pid() != self)
                .filter(row -> descending.contains(row.pid()) || belongs(row))
                .toList();
        members.forEach(row -> known.put(row.pid(), row.startTicks()));
        return members.stream().filter(row -> !row.ended()).toList();
    }

    private static boolean isKnown(ProcessRow row, Map.Entry<Long, Long> entry) {
        return row.pid() == entry.getKey() && row.startTicks() == entry.getValue();
    }

    private boolean belongs(ProcessRow row) {
        if (row.startTicks() < init.startTicks()) {
            return false;
        }
        if (user.isPresent()) {
            return table.users(row.pid()).contains(user.get());
        }
        return row.session() == init.pid() || table.environment(row.pid()).contains(mark);
    }

    /** Halts all of it, so that nothing forks away from what follows and the counter stands still. */
    synchronized void stop() {
        Set<Long> stopped = new HashSet<>();
        boolean more = true;
        for (int round = 0; more && round < 100; round++) {
            more = false;
            for (var row : members()) {
                if (stopped.add(row.pid())) {
                    more = true;
                    signal(row, Kernel.SIGSTOP);
                }
            }
        }
    }

    /** Kills all of it and returns when nothing is left; false when something would not go for ten seconds. Not cut short by interrupts. */
    synchronized boolean kill() {
        boolean interrupted = false;
        try {
            long pause = 1;
            for (long waited = 0; waited < LONGEST_END_MILLIS; waited += pause) {
                var left = members();
                if (left.isEmpty()) {
                    return true;
                }
                left.forEach(row -> signal(row, Kernel.SIGKILL));
                pause = Math.min(20, pause * 2);
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return members().isEmpty();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void signal(ProcessRow row, int signal) {
        if (table.find(row.pid()).filter(row::sameProcess).isPresent()) {
            kernel.signal(row.pid(), signal);
        }
    }
}
