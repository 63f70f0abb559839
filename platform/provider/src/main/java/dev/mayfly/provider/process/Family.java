package dev.mayfly.provider.process;

import dev.mayfly.provider.host.Kernel;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.ProcessTable;
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
    private static final long LONGEST_REAP_MILLIS = 1_000;

    private final Kernel kernel;
    private final ProcessTable table;
    private final ProcessRow init;
    private final Optional<Integer> user;
    private final String mark;
    private final boolean reaping;
    private final long self = ProcessHandle.current().pid();
    private final Map<Long, Long> known = new HashMap<>();

    /**
     * @param mark an entry of the environment that only its processes have
     * @param reaping whether {@code init} waits for the others when they end
     */
    Family(Kernel kernel, ProcessTable table, ProcessRow init, Optional<Integer> user, String mark, boolean reaping) {
        this.kernel = kernel;
        this.table = table;
        this.init = init;
        this.user = user;
        this.mark = mark;
        this.reaping = reaping;
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

    /**
     * Kills all of it and returns when nothing is left; false when something would not go for ten seconds. The init goes last, so that it
     * waits for the others: what nobody waits for stays behind as a zombie. Not cut short by interrupts.
     */
    synchronized boolean kill() {
        boolean interrupted = false;
        long pause = 1;
        long waited = 0;
        var left = members();
        while (!left.isEmpty() && waited < LONGEST_END_MILLIS) {
            for (var row : left) {
                boolean reaps = reaping && row.sameProcess(init) && waited < LONGEST_REAP_MILLIS;
                signal(row, reaps ? Kernel.SIGCONT : Kernel.SIGKILL);
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            waited += pause;
            pause = Math.min(20, pause * 2);
            left = members();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return left.isEmpty();
    }

    private void signal(ProcessRow row, int signal) {
        if (table.find(row.pid()).filter(row::sameProcess).isPresent()) {
            kernel.signal(row.pid(), signal);
        }
    }
}
