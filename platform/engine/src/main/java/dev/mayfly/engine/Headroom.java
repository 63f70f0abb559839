package dev.mayfly.engine;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the machine has left for further instances of any function, those that are on their way taken off: it does not show yet what they will
 * use, and functions that all start at once must not each be given the same memory. Of all pools, without a lock.
 */
final class Headroom {
    private final Machine machine;
    private final AtomicLong reserved = new AtomicLong();

    Headroom(Machine machine) {
        this.machine = machine;
    }

    /** As lately as is cheap to know. */
    Machine.Room room() {
        var room = machine.room();
        return new Machine.Room(room.processors(), left(room, reserved.get()));
    }

    private static long left(Machine.Room room, long reserved) {
        return room.memory() == Machine.Room.UNKNOWN.memory() ? room.memory() : room.memory() - reserved;
    }

    /** Whether that is from just now; where not it is looked at, and {@code then} is run. */
    boolean fresh(Runnable then) {
        return machine.fresh(then);
    }

    /** Takes this much for an instance that is started, if it is there. */
    boolean take(long bytes) {
        var room = machine.room();
        while (true) {
            long before = reserved.get();
            if (left(room, before) < bytes) {
                return false;
            }
            if (reserved.compareAndSet(before, before + bytes)) {
                return true;
            }
        }
    }

    /** The instance is there, or failed: from now on the machine shows what it uses. */
    void giveBack(long bytes) {
        reserved.addAndGet(-bytes);
        machine.changed();
    }
}
