package dev.mayfly.acme;

import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.CertificateStore.Validity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the authority now and then whether a certificate is to be renewed sooner than planned, as it is before it is revoked (RFC 9773). */
final class RenewalAdvice {
    private static final Logger LOG = LoggerFactory.getLogger(RenewalAdvice.class);
    private static final Duration EVERY = Duration.ofHours(12);

    private final String directory;
    private final CertificateStore store;
    private final Authority authority;
    private final Schedule schedule;
    private final Clock clock;
    private final Map<String, Instant> asked = new ConcurrentHashMap<>();
    private final AtomicBoolean asking = new AtomicBoolean();

    RenewalAdvice(String directory, CertificateStore store, Authority authority, Schedule schedule, Clock clock) {
        this.directory = directory;
        this.store = store;
        this.authority = authority;
        this.schedule = schedule;
        this.clock = clock;
    }

    /** The next question that is due: one at a time, each certificate twice a day, a fresh one not at once. */
    Optional<Runnable> next(Collection<State> states, Set<String> standing) {
        var now = clock.instant();
        asked.keySet().retainAll(standing);
        if (asking.get()) {
            return Optional.empty();
        }
        for (var state : states) {
            var validity = state.validity();
            if (validity.isPresent() && standing.contains(state.name())) {
                var last = asked.putIfAbsent(state.name(), now);
                // one that is to come is of a clock that was set back
                if (last != null && (!last.plus(EVERY).isAfter(now) || last.isAfter(now))) {
                    asked.put(state.name(), now);
                    asking.set(true);
                    return Optional.of(() -> ask(state.name(), validity.get()));
                }
            }
        }
        return Optional.empty();
    }

    private void ask(String name, Validity validity) {
        try {
            var chain = store.issued(directory, name).map(Issued::chain);
            if (chain.isEmpty()) {
                return;
            }
            var window = authority.renewal(store.accountKey(directory, () -> Keys.text(Keys.fresh())), chain.get());
            var planned = Instant.ofEpochMilli(validity.renewAt());
            if (window.isPresent()
                    && (planned.isBefore(window.get().start())
                            || planned.isAfter(window.get().end()))) {
                var issued = Instant.ofEpochMilli(validity.notBefore());
                var at = schedule.renewal(issued, Instant.ofEpochMilli(validity.notAfter()), issued, window.get());
                store.renewAt(directory, name, validity.url(), at.toEpochMilli());
                LOG.info("{}: the authority wants its certificate renewed on {}", name, at);
            }
        } catch (RuntimeException e) {
            LOG.warn("{}: when to renew was not asked", name, e);
        } finally {
            asking.set(false);
        }
    }
}
