package dev.mayfly.server;

import dev.mayfly.acme.AcmeSettings;
import dev.mayfly.acme.CertificateKeeper;
import dev.mayfly.acme.Placeholder;
import dev.mayfly.gateway.Certificates;
import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.gateway.Challenges;
import dev.mayfly.gateway.Gateway;
import dev.mayfly.gateway.Hosts;
import dev.mayfly.provider.Provider.Finding;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.Snapshot;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * Certificates from an authority beside those of files: what clients are shown is both together, files first. The only part that refers to
 * {@code dev.mayfly.acme}, so that a server without {@code --acme} loads nothing of it.
 */
final class AcmePart implements AutoCloseable {
    /** Names in one sentence of {@code mayfly doctor}. */
    private static final int MOST_TOLD = 5;

    private final Challenges challenges = new Challenges();
    private final CertificateKeeper keeper;
    private final Clock clock;
    private final AcmeOptions options;
    private final Object lock = new Object();
    private volatile Optional<Certificates> files;

    // guarded by the lock
    private List<Pair> issued = List.of();
    private Optional<Gateway> gateway = Optional.empty();

    /**
     * @param trusted whom to trust when talking to the authority; empty: the public ones
     * @param files certificates of files; empty: there are none
     */
    AcmePart(
            AcmeOptions options,
            Optional<SSLContext> trusted,
            boolean plainPort,
            CertificateStore store,
            Hosts hosts,
            Optional<Certificates> files,
            Snapshot snapshot,
            Clock clock,
            SecureRandom random) {
        this.options = options;
        this.clock = clock;
        this.files = files;
        this.keeper = CertificateKeeper.open(
                new AcmeSettings(options.directory(), options.email(), trusted, options.ordersPerHour(), plainPort),
                store,
                hosts,
                name -> this.files.filter(given -> given.covers(name)).isPresent(),
                snapshot,
                this::issued,
                challenges,
                clock,
                random);
    }

    Challenges challenges() {
        return challenges;
    }

    /** What clients are shown now. */
    Certificates certificates() {
        synchronized (lock) {
            var all = new ArrayList<>(files.map(Certificates::pairs).orElse(List.of()));
            all.addAll(issued);
            return new Certificates(all.isEmpty() ? List.of(Placeholder.make(clock)) : all);
        }
    }

    /** Begins to order. */
    void start(Gateway listening) {
        synchronized (lock) {
            gateway = Optional.of(listening);
        }
        show();
        keeper.start();
    }

    void follow(Snapshot snapshot) {
        keeper.follow(snapshot);
    }

    /** The files have changed. */
    void files(Certificates certificates) {
        files = Optional.of(certificates);
        show();
    }

    private void issued(List<Pair> pairs) {
        synchronized (lock) {
            issued = pairs;
        }
        show();
    }

    private void show() {
        synchronized (lock) {
            gateway.ifPresent(listening -> listening.show(certificates()));
        }
    }

    /** For the management API. */
    Optional<State> state(String name) {
        return keeper.state(name);
    }

    /** For {@code mayfly doctor}. */
    Finding finding() {
        var states = keeper.states();
        var waiting = states.stream()
                .filter(state -> state.validity().isEmpty() && state.failure().isEmpty())
                .map(State::name)
                .toList();
        var failing =
                states.stream().filter(state -> state.failure().isPresent()).toList();
        long good =
                states.stream().filter(state -> state.validity().isPresent()).count();
        var sentence = new StringBuilder(good + " from " + options.directory());
        if (!waiting.isEmpty()) {
            sentence.append("; not yet: ")
                    .append(waiting.stream().limit(MOST_TOLD).collect(Collectors.joining(" ")))
                    .append(more(" and ", waiting.size()));
        }
        failing.stream().limit(MOST_TOLD).forEach(state -> {
            var failure = state.failure().orElseThrow();
            sentence.append("; ")
                    .append(state.name())
                    .append(state.validity().isPresent() ? " cannot be renewed: " : ": ")
                    .append(failure.reason())
                    .append(", next try on ")
                    .append(Instant.ofEpochMilli(failure.nextTry()));
        });
        return new Finding(
                "acme",
                failing.isEmpty(),
                sentence.append(more("; and ", failing.size())).toString(),
                failing.isEmpty() ? "" : "what the reason says; the server then tries again by itself");
    }

    private static String more(String and, int of) {
        return of > MOST_TOLD ? and + (of - MOST_TOLD) + " more" : "";
    }

    @Override
    public void close() {
        keeper.close();
    }
}
