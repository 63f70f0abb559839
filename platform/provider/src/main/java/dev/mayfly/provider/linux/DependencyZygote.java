package dev.mayfly.provider.linux;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A process that has loaded one project's dependencies, and the sandboxes in which copies of it can be made: each has a seat, which shares its
 * memory and was shut in before anything was loaded. A seat makes one copy. Guarded by whoever keeps it.
 */
final class DependencyZygote {
    private final LinuxInstance holder;
    private final ArrayDeque<LinuxInstance> seats;
    private final LinuxInstance.Waiting seated;
    private final Set<String> variables;
    private final long bytes;

    /**
     * @param seated what its seats are while they wait
     * @param variables that were looked up while it was loaded
     * @param bytes of memory that it takes, its seats included
     */
    DependencyZygote(
            LinuxInstance holder,
            List<LinuxInstance> seats,
            LinuxInstance.Waiting seated,
            Set<String> variables,
            long bytes) {
        this.holder = holder;
        this.seats = new ArrayDeque<>(seats);
        this.seated = seated;
        this.variables = variables;
        this.bytes = bytes;
    }

    /** From now on, seats of it are to be had: who sees them in the list of processes will get one. */
    void offer() {
        seats.forEach(seat -> seat.waitAs(seated));
    }

    Optional<LinuxInstance> seat() {
        while (!seats.isEmpty()) {
            var seat = seats.removeFirst();
            if (seat.alive()) {
                return Optional.of(seat);
            }
        }
        return Optional.empty();
    }

    int left() {
        return seats.size();
    }

    Set<String> variables() {
        return variables;
    }

    long bytes() {
        return bytes;
    }

    /** Ends it and the seats that nobody took; copies go on. */
    void end() {
        holder.kill();
        seats.forEach(LinuxInstance::kill);
        seats.clear();
    }
}
