package dev.mayfly.acme;

import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.gateway.Certificates.Pem;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.CertificateStore.Validity;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificates that clients are shown: those of the store that are still good, of names that are still known. Read from it once each. */
final class ShownCertificates {
    private static final Logger LOG = LoggerFactory.getLogger(ShownCertificates.class);

    private final String directory;
    private final CertificateStore store;
    private final Clock clock;
    private final Consumer<List<Pair>> show;
    private final TreeMap<String, Shown> current = new TreeMap<>();

    /** Whether {@code current} is not what was shown last. */
    private boolean changed;

    /** @param pair empty: it cannot be shown, which is said once */
    private record Shown(String version, Optional<Pair> pair) {}

    ShownCertificates(String directory, CertificateStore store, Clock clock, Consumer<List<Pair>> show) {
        this.directory = directory;
        this.store = store;
        this.clock = clock;
        this.show = show;
    }

    /** @param states as the store has them */
    synchronized void refresh(Collection<State> states, Names names) {
        long now = clock.millis();
        var wanted = new TreeMap<String, String>();
        for (var state : states) {
            state.validity()
                    .filter(validity -> validity.notAfter() > now && names.known(state.name()))
                    .ifPresent(validity -> wanted.put(state.name(), version(validity)));
        }
        changed |= current.keySet().retainAll(wanted.keySet());
        for (var entry : wanted.entrySet()) {
            var known = current.get(entry.getKey());
            if (known == null || !known.version().equals(entry.getValue())) {
                changed |= load(entry.getKey());
            }
        }
        if (changed) {
            show.accept(current.values().stream()
                    .flatMap(each -> each.pair().stream())
                    .toList());
            changed = false;
        }
    }

    private boolean load(String name) {
        var found = store.issued(directory, name);
        if (found.isEmpty()) {
            return false;
        }
        var issued = found.get();
        current.put(name, new Shown(version(issued.validity()), pair(name, issued)));
        return true;
    }

    private static String version(Validity validity) {
        return validity.url() + " " + validity.notBefore();
    }

    private static Optional<Pair> pair(String name, Issued issued) {
        try {
            return Optional.of(Pair.of(new Pem(
                    "the certificate of " + name,
                    Buffer.buffer(issued.chain()),
                    "the key of " + name,
                    Buffer.buffer(issued.key()))));
        } catch (IllegalArgumentException e) {
            LOG.error("{}: the stored certificate is not shown: {}", name, e.getMessage());
            return Optional.empty();
        }
    }
}
