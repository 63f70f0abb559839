package dev.mayfly.engine;

import dev.mayfly.model.Outcome;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;

/** What was counted and not taken yet. Any thread may add; whatever is added is taken once. */
@SuppressWarnings("EnumOrdinal") // places in an array of this process, kept nowhere
final class Tally {
    /** How many numbers there are. */
    static final int SIZE = Counted.values().length + Reason.values().length;

    private final AtomicLongArray counts = new AtomicLongArray(SIZE);

    /** The ways in which a request ends. */
    static final Set<Counted> ENDINGS = Collections.unmodifiableSet(EnumSet.range(Counted.OK, Counted.LEFT));

    /** All that is counted but decisions. */
    enum Counted {
        OK,
        FAILED,
        TIMEOUT,
        DISCONNECTED,
        /** It got no instance. */
        REFUSED,
        /** Its client left before it had one. */
        LEFT,
        COLD,
        QUEUE_MICROS,
        START_MICROS,
        RUN_MICROS,
        CPU_MICROS;

        static Counted of(Outcome outcome) {
            return switch (outcome) {
                case OK -> OK;
                case FAILED -> FAILED;
                case TIMEOUT -> TIMEOUT;
                case DISCONNECTED -> DISCONNECTED;
            };
        }
    }

    static int index(Counted number) {
        return number.ordinal();
    }

    static int index(Reason reason) {
        return Counted.values().length + reason.ordinal();
    }

    void add(Counted number, long amount) {
        if (amount > 0) {
            counts.getAndAdd(index(number), amount);
        }
    }

    void add(Reason reason) {
        counts.getAndIncrement(index(reason));
    }

    /** What came since this was last asked. */
    long[] take() {
        var taken = new long[SIZE];
        Arrays.setAll(taken, i -> counts.get(i) == 0 ? 0 : counts.getAndSet(i, 0));
        return taken;
    }
}
