package dev.mayfly.server;

import dev.mayfly.acme.AcmeSettings;
import dev.mayfly.acme.CertificateKeeper;
import dev.mayfly.acme.KeeperChallenges;
import dev.mayfly.acme.Placeholder;
import dev.mayfly.gateway.Certificates;
import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.gateway.Challenges;
import dev.mayfly.gateway.Gateway;
import dev.mayfly.gateway.Hosts;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
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

/**
 * Certificates from an authority beside those of files: what clients are shown is both together, files first. The only part that refers to
 * {@code dev.mayfly.acme}, so that a server without {@code --acme} loads nothing of it.
 */
final class AcmePart implements AutoCloseable {
    private final KeeperChallenges challenges = new KeeperChallenges();
    private final CertificateKeeper keeper;
    private final Clock clock;
    private final AcmeOptions options;
    private final Object lock = new Object();

    // guarded by the lock
    private List<Pair> fromFiles;
    private List<Pair> issued = List.of();
    private Optional<Gateway> gateway = Optional.empty();
    private volatile Optional<Certificates> ofFiles;

    /** @param files certificates of files; empty: there are none */
    AcmePart(
            AcmeOptions options,
            boolean plainPort,
            CertificateStore store,
            Hosts hosts,
            Optional<Certificates> files,
            Snapshot snapshot,
            Clock clock,
            SecureRandom random) {
        this.options = options;
        this.clock = clock;
        this.fromFiles = files.map(Certificates::pairs).orElse(List.of());
        this.ofFiles = files;
        try {
            this.keeper = CertificateKeeper.open(
                    settings(options, plainPort),
                    store,
                    hosts,
                    name -> ofFiles.filter(given -> given.covers(name)).isPresent(),
                    snapshot,
                    this::issued,
                    challenges,
                    clock,
                    random);
        } catch (IllegalArgumentException e) {
            throw new Problem(ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage())).asException();
        }
    }

    private static AcmeSettings settings(AcmeOptions options, boolean plainPort) {
        return new AcmeSettings(
                options.directory(),
                options.email(),
                options.roots().map(AcmeTrust::read),
                options.ordersPerHour(),
                plainPort);
    }

    Challenges challenges() {
        return challenges.shown();
    }

    /** What clients are shown now. */
    Certificates certificates() {
        synchronized (lock) {
            var all = new ArrayList<>(fromFiles);
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
        synchronized (lock) {
            fromFiles = certificates.pairs();
        }
        ofFiles = Optional.of(certificates);
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
        var issuedNames =
                states.stream().filter(state -> state.validity().isPresent()).toList();
        var waiting = states.stream()
                .filter(state -> state.validity().isEmpty() && state.failure().isEmpty())
                .map(State::name)
                .toList();
        var failing =
                states.stream().filter(state -> state.failure().isPresent()).toList();
        var sentence = new StringBuilder(issuedNames.size() + " from " + options.directory());
        if (!waiting.isEmpty()) {
            sentence.append("; not yet: ").append(String.join(" ", waiting));
        }
        for (var state : failing) {
            var failure = state.failure().orElseThrow();
            sentence.append("; ")
                    .append(state.name())
                    .append(state.validity().isPresent() ? " cannot be renewed: " : ": ")
                    .append(failure.reason())
                    .append(", next try on ")
                    .append(Instant.ofEpochMilli(failure.nextTry()));
        }
        return new Finding(
                "acme",
                failing.isEmpty(),
                sentence.toString(),
                failing.isEmpty() ? "" : "what the reason says; the server then tries again by itself");
    }

    @Override
    public void close() {
        keeper.close();
    }
}
