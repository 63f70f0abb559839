package dev.mayfly.gateway;

import dev.mayfly.engine.Lease;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * Waits until a function that failed has said all that it will of that: its answer and its log come by different ways, in no fixed order. The event
 * loop goes on meanwhile.
 */
final class LastWords {
    private static final long LOOK_MILLIS = 5;

    private LastWords() {}

    /** @param patience after which {@code then} comes anyway: work after the failure may go on for as long as it likes */
    static void await(Vertx vertx, Lease lease, Duration patience, Runnable then) {
        lookUntil(System.nanoTime() + patience.toNanos(), vertx, lease, then);
    }

    private static void lookUntil(long end, Vertx vertx, Lease lease, Runnable then) {
        if (lease.hasEnded() || System.nanoTime() - end >= 0) {
            then.run();
        } else {
            vertx.setTimer(LOOK_MILLIS, again -> lookUntil(end, vertx, lease, then));
        }
    }
}
