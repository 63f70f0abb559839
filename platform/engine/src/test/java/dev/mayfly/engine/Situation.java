package dev.mayfly.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A snapshot with what matters to a test changed: by default, nothing is there, nothing is known and all is allowed. */
final class Situation {
    int waiting;
    Duration longestWait = Duration.ZERO;
    int soonFree;
    int running;
    int overdue;
    double arrivals;
    int peak;
    Duration waited = Duration.ZERO;
    int starting;
    int stuck;
    int serving;
    int concurrency = 1;
    int minInstances;
    int maxInstances = 20;
    boolean failing;
    Duration backoff = Duration.ZERO;

    @Nullable Duration service;

    Duration coldStart = Duration.ofMillis(40);
    double cpu;
    Machine.Room room = Machine.Room.UNKNOWN;

    Situation waiting(int count) {
        waiting = count;
        return this;
    }

    Situation serving(int count) {
        serving = count;
        running = count * concurrency;
        return this;
    }

    Situation starting(int count) {
        starting = count;
        return this;
    }

    Situation concurrency(int count) {
        concurrency = count;
        return this;
    }

    /** @param millis that a request takes */
    Situation service(long millis) {
        service = Duration.ofMillis(millis);
        return this;
    }

    Situation coldStart(long millis) {
        coldStart = Duration.ofMillis(millis);
        return this;
    }

    PoolSnapshot snapshot() {
        return new PoolSnapshot(
                new PoolSnapshot.Demand(
                        waiting, longestWait.toNanos(), soonFree, running, overdue, arrivals, peak, waited.toNanos()),
                new PoolSnapshot.Supply(starting, stuck, serving, concurrency),
                new PoolSnapshot.Budget(minInstances, maxInstances, failing, backoff.toNanos(), 64L << 20, 1),
                service == null
                        ? new PoolSnapshot.Shown(0, 0, cpu)
                        : new PoolSnapshot.Shown(service.toNanos(), coldStart.toNanos(), cpu),
                room);
    }
}
