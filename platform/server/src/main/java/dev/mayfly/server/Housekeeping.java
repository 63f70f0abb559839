package dev.mayfly.server;

import dev.mayfly.control.Retention;
import dev.mayfly.control.Sweeper;
import dev.mayfly.store.Logs;
import dev.mayfly.store.UsageLedger;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Forgets what is past its retention and sweeps artifacts, now and then, on one thread. */
final class Housekeeping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration LOGS = Duration.ofDays(7);
    private static final int USAGE_MONTHS = 13;
    private static final long FIRST_MINUTES = 1;
    private static final long EVERY_MINUTES = 11; // a little more than what the store keeps for deploys on their way

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("mayfly-housekeeping").factory());
    private final Logs logs;
    private final UsageLedger ledger;
    private final Retention retention;
    private final Sweeper sweeper;
    private final Clock clock;

    Housekeeping(Logs logs, UsageLedger ledger, Retention retention, Sweeper sweeper, Clock clock) {
        this.logs = logs;
        this.ledger = ledger;
        this.retention = retention;
        this.sweeper = sweeper;
        this.clock = clock;
    }

    void start() {
        var task = thread.scheduleWithFixedDelay(this::run, FIRST_MINUTES, EVERY_MINUTES, TimeUnit.MINUTES);
        LOG.debug("housekeeping: {}", task);
    }

    void run() {
        try {
            var now = clock.instant();
            logs.purge(now.minus(LOGS));
            ledger.purge(now.atZone(ZoneOffset.UTC).minusMonths(USAGE_MONTHS).toInstant());
            retention.apply();
            sweeper.sweep();
        } catch (RuntimeException e) {
            LOG.warn("housekeeping failed; it is tried again", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
