package dev.mayfly.engine;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the machine has left for further instances of any function. What those that are on their way will use is taken off: it does not show yet, and
 * functions that all start at once must not each be given the same memory. So is what others wait for that came earlier. Of all pools,
 * without a lock of theirs.
 */
final class Headroom {
    private final Machine machine;
    private final Ticker ticker;
    private final AtomicLong reserved = new AtomicLong();
    private final MemoryLine line = new MemoryLine();

    Headroom(Machine machine, Ticker ticker) {
        this.machine = machine;
        this.ticker = ticker;
    }

    /** For one more instance of this function, as lately as is cheap to know. */
    Machine.Room room(Pool who) {
        var room = machine.room();
        return new Machine.Room(room.processors(), left(room, reserved.get() + line.before(who, ticker.nanos())));
    }

    private static long left(Machine.Room room, long taken) {
        return room.memory() == Machine.Room.UNKNOWN.memory() ? room.memory() : room.memory() - taken;
    }

    /** Whether that is from just now; where not it is looked at, and {@code then} is run. */
    boolean fresh(Runnable then) {
        return machine.fresh(then);
    }

    /** Takes this much for an instance that is started, if it is there. */
    boolean take(Pool who, long bytes) {
        var room = machine.room();
        long earlier = line.before(who, ticker.nanos());
        while (true) {
            long before = reserved.get();
            if (left(room, before + earlier) < bytes) {
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

    /** Something has ended that had memory. */
    void changed() {
        machine.changed();
    }

    // --- those that wait

    /** Waits in line for so much, and asks again until it has it or {@linkplain #forget says} that it no longer wants it. */
    void await(Pool who, long bytes) {
        line.join(who, bytes, ticker.nanos());
    }

    void forget(Pool who) {
        line.leave(who);
    }

    /** Whether anybody waits. */
    boolean awaited() {
        return !line.isEmpty();
    }

    /** Bytes that are missing for all that wait; without anybody, for what is to stay free. */
    long missing() {
        long left = left(machine.room(), reserved.get());
        return left == Machine.Room.UNKNOWN.memory() ? 0 : Math.max(0, line.wanted(ticker.nanos()) - left);
    }

    /** Those of them, in line, for whom there is enough. */
    List<Pool> servable() {
        return line.first(left(machine.room(), reserved.get()), ticker.nanos());
    }

    /** Those of them, in line, that have waited for so long. */
    List<Pool> waitingFor(long nanos) {
        long now = ticker.nanos();
        return line.since(now - nanos, now);
    }
}
