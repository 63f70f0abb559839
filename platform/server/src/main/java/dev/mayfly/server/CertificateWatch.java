package dev.mayfly.server;

import dev.mayfly.gateway.CertificateFiles;
import dev.mayfly.gateway.Certificates;
import dev.mayfly.provider.Provider.Finding;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads certificates again now and then, and hands on those that have changed. While they are halfway changed, or broken, the old ones stay. */
final class CertificateWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateWatch.class);
    private static final Duration SOON = Duration.ofDays(14);
    private static final int EVERY_SECONDS = 5;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("mayfly-certificates").factory());
    private final CertificateFiles files;
    private final Consumer<Certificates> changed;
    private final Clock clock;
    private List<Certificates.Pem> content; // of the thread's own
    private String told = "";
    private volatile Certificates shown;

    /** @param shown as read from {@code files} before */
    CertificateWatch(CertificateFiles files, Certificates shown, Consumer<Certificates> changed, Clock clock) {
        this.files = files;
        this.shown = shown;
        this.changed = changed;
        this.clock = clock;
        this.content = shown.pairs().stream().map(Certificates.Pair::pem).toList();
    }

    void start() {
        var task = thread.scheduleWithFixedDelay(this::look, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
        LOG.debug("certificates: {}", task);
    }

    /** One look; only on one thread. */
    void look() {
        try {
            var found = files.content();
            if (!found.equals(content)) {
                var certificates = Certificates.of(found);
                changed.accept(certificates);
                content = found;
                shown = certificates;
                LOG.info("{}", sentence("new certificates: "));
            }
            told = "";
        } catch (RuntimeException e) {
            var why = String.valueOf(e.getMessage());
            if (!why.equals(told)) {
                LOG.warn("the certificates stay as they were: {}", why);
                told = why;
            }
        }
    }

    /** For {@code mayfly doctor}. */
    Finding finding() {
        boolean fine = shown.first().until().isAfter(clock.instant().plus(SOON));
        return new Finding("certificates", fine, sentence(""), fine ? "" : "renew it; the server reads it by itself");
    }

    private String sentence(String before) {
        var first = shown.first();
        return before + shown.pairs().size() + ", the first to end, on " + first.until() + ", is that of "
                + String.join(" ", first.names());
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
