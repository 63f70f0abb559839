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

    /** Failures after which another order is made, even if the authority never said that the one before was over. */
    private static final int ORDER_TRIES = 4;

    private final String name;
    private final String directory;
    private final String holder;
    private final int ordersPerHour;
    private final CertificateStore store;
    private final Authority authority;
    private final Schedule schedule;
    private final Clock clock;

    // guarded by this
    private @Nullable Thread asking;
    private Instant since = Instant.EPOCH;
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
    }

    End run() {
        return switch (store.claim(directory, name, holder, clock.millis(), until(), ordersPerHour)) {
            case Claim.Good good -> new End.Certified();
            case Claim.Held held -> new End.Elsewhere();
            case Claim.Later(var at) -> new End.Later(Instant.ofEpochMilli(at));
            case Claim.Taken taken -> claimed(taken);
        };
    }

    /** Prolongs the claim while the authority is asked; once it is lost, or has taken too long, the attempt is broken off. On any thread. */
    void keep() {
        synchronized (this) {
            if (asking == null) {
                return;
            }
        }
        if (tooLong() || !store.hold(directory, name, holder, until())) {
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

    /** Also where the clock was set back, by which nobody knows how long it has been. */
    private synchronized boolean tooLong() {
        var now = clock.instant();
        return now.isAfter(since.plus(LONGEST)) || now.isBefore(since.minus(CLAIM));
    }

    private synchronized void interrupt() {
        if (asking != null) {
            asking.interrupt();
        }
    }

    private synchronized boolean closing() {
        return closing;
    }

    private long until() {
        return clock.instant().plus(CLAIM).toEpochMilli();
    }

    private End claimed(Claim.Taken taken) {
        try {
            return switch (asked(taken)) {
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

    private Outcome asked(Claim.Taken taken) throws InterruptedException {
        var account = store.accountKey(directory, () -> Keys.text(Keys.fresh()));
        var replaced = store.issued(directory, name).map(Issued::chain);
        begin();
        try {
            return authority.certify(new Wish(name, account, taken.order(), replaced, taken.failures()), order -> {
                if (!store.ordered(directory, name, holder, order)) {
                    throw new InterruptedException("another server has " + name);
                }
            });
        } finally {
            end();
        }
    }

    private synchronized void begin() throws InterruptedException {
        if (closing) {
            throw new InterruptedException("closing");
        }
        since = clock.instant();
        asking = Thread.currentThread();
    }

    /** From here on nobody breaks it off: what came of it is kept and shown undisturbed. */
    private synchronized void end() {
        asking = null;
        var _ = Thread.interrupted();
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
        boolean hopeless = !refusal.limited() && failuresBefore % ORDER_TRIES == ORDER_TRIES - 1;
        boolean over = refusal.orderOver() || hopeless;
        if (!store.failed(directory, name, holder, refusal.reason(), next.toEpochMilli(), over)) {
            return new End.Elsewhere();
        }
        LOG.warn("{}: no certificate, next try on {}: {}", name, next, refusal.reason());
        return new End.Later(next);
    }
}
