package dev.mayfly.acme;

import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.acme.Authority.Wish;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.Claim;
import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Validity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt to get a certificate for one name, on a thread of its own. */
final class Attempt {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

    /** How long a name stays taken after its server was last heard of. */
    static final Duration CLAIM = Duration.ofMinutes(1);

    /** After that it is broken off, whatever the authority still sends. */
    static final Duration LONGEST = Duration.ofMinutes(8);

    private final String name;
    private final String directory;
    private final String holder;
    private final int ordersPerHour;
    private final CertificateStore store;
    private final Authority authority;
    private final Schedule schedule;
    private final Clock clock;
    private final Instant began;
    private @Nullable Thread thread;
    private boolean closing;

    /** How it ended, for whoever keeps the time. */
    sealed interface End {
        /** There is a new certificate. */
        record Certified() implements End {}

        /** Not before then. */
        record Later(Instant at) implements End {}

        /** Some other server is about to get it, or this one is about to stop. */
        record Elsewhere() implements End {}
    }

    Attempt(
            String name,
            String directory,
            String holder,
            int ordersPerHour,
            CertificateStore store,
            Authority authority,
            Schedule schedule,
            Clock clock) {
        this.name = name;
        this.directory = directory;
        this.holder = holder;
        this.ordersPerHour = ordersPerHour;
        this.store = store;
        this.authority = authority;
        this.schedule = schedule;
        this.clock = clock;
        this.began = clock.instant();
    }

    End run() {
        begin(Thread.currentThread());
        try {
            return switch (claim()) {
                case Claim.Good good -> new End.Certified();
                case Claim.Held held -> new End.Elsewhere();
                case Claim.Later(var at) -> new End.Later(Instant.ofEpochMilli(at));
                case Claim.Taken taken -> claimed(taken);
            };
        } finally {
            begin(null);
        }
    }

    /** Prolongs the claim; once it is lost, or has taken too long, the attempt is broken off. On any thread. */
    void keep() {
        boolean late = began.plus(LONGEST).isBefore(clock.instant());
        if (late || !store.hold(directory, name, holder, until())) {
            interrupt();
        }
    }

    /** Breaks it off; whoever claims the name next can go on where it was. */
    void close() {
        synchronized (this) {
            closing = true;
        }
        interrupt();
    }

    private synchronized void begin(@Nullable Thread now) {
        thread = now;
    }

    private synchronized void interrupt() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    private synchronized boolean closing() {
        return closing;
    }

    private Claim claim() {
        return store.claim(directory, name, holder, clock.millis(), until(), ordersPerHour);
    }

    private long until() {
        return clock.instant().plus(CLAIM).toEpochMilli();
    }

    private End claimed(Claim.Taken taken) {
        try {
            var account = store.accountKey(directory, Keys.text(Keys.fresh()));
            var replaced = store.issued(directory, name).map(Issued::chain);
            var wish = new Wish(name, account, taken.order(), replaced, taken.failures());
            var outcome = authority.certify(wish, order -> {
                if (!store.ordered(directory, name, holder, order)) {
                    throw new InterruptedException("another server has " + name);
                }
            });
            return switch (outcome) {
                case Outcome.Certified(var issued, var window) -> certified(issued, window);
                case Outcome.Failed(var refusal) -> failed(taken.failures(), refusal);
            };
        } catch (InterruptedException e) {
            if (closing()) {
                store.release(directory, name, holder);
                return new End.Elsewhere();
            }
            return failed(
                    taken.failures(),
                    Refusal.unanswered(directory, "nothing came of it for " + LONGEST.toMinutes() + " minutes"));
        } catch (RuntimeException e) {
            LOG.error("{}: no certificate, by a mistake of this program", name, e);
            return failed(taken.failures(), Refusal.of("a mistake of this program, which its log tells: " + e));
        }
    }

    private End certified(Issued issued, Optional<Authority.Window> window) {
        var notBefore = Instant.ofEpochMilli(issued.validity().notBefore());
        var notAfter = Instant.ofEpochMilli(issued.validity().notAfter());
        var renewal = window.map(wanted -> schedule.renewal(notBefore, notAfter, clock.instant(), wanted))
                .orElseGet(() -> schedule.renewal(notBefore, notAfter));
        var validity = new Validity(
                issued.validity().url(), notBefore.toEpochMilli(), notAfter.toEpochMilli(), renewal.toEpochMilli());
        if (!store.succeeded(directory, name, holder, new Issued(validity, issued.chain(), issued.key()))) {
            return new End.Elsewhere();
        }
        LOG.info("{}: a certificate until {}, to be renewed on {}", name, notAfter, renewal);
        return new End.Certified();
    }

    private End failed(int failuresBefore, Refusal refusal) {
        var next = schedule.again(failuresBefore, refusal, clock.instant());
        if (!store.failed(directory, name, holder, refusal.reason(), next.toEpochMilli(), refusal.orderOver())) {
            return new End.Elsewhere();
        }
        LOG.warn("{}: no certificate, next try on {}: {}", name, next, refusal.reason());
        return new End.Later(next);
    }
}
