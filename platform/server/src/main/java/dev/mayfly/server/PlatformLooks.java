package dev.mayfly.server;

import dev.mayfly.engine.PlatformMeter;
import dev.mayfly.engine.Ticker;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.host.ProportionalMemory;
import dev.mayfly.store.UsageLedger;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the {@link PlatformMeter} look at what is kept for fast starts, on one thread, until the server closes. */
final class PlatformLooks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PlatformLooks.class);
    private static final Duration EVERY = Duration.ofSeconds(10);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("mayfly-platform-memory").factory());
    private final PlatformMeter meter;

    private PlatformLooks(PlatformMeter meter) {
        this.meter = meter;
    }

    static PlatformLooks at(Provider provider, Ticker ticker, UsageLedger ledger) {
        var looks = new PlatformLooks(
                new PlatformMeter(provider::processes, ProportionalMemory.OF_THIS_MACHINE, ticker, ledger::append));
        var task = looks.thread.scheduleWithFixedDelay(
                looks::look, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
        LOG.debug("looking at what is kept: {}", task);
        return looks;
    }

    private void look() {
        try {
            meter.look();
        } catch (RuntimeException e) {
            LOG.warn("cannot look at what is kept for fast starts; it is tried again", e);
        }
    }

    /** Has the ledger given what was counted up to now. */
    void handOn() {
        meter.handOn();
    }

    /** What the last look saw is written. */
    @Override
    public void close() {
        thread.shutdownNow();
        meter.handOn();
    }
}
