package dev.mayfly.acme;

import dev.mayfly.gateway.Certificates;
import dev.mayfly.gateway.Hosts;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.Snapshot;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that every name of this server has a certificate. What is due is decided from the store, the catalog and the clock at each tick, so it
 * does not matter which server did what before, or whether it was killed.
 */
public final class CertificateKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateKeeper.class);
    private static final Duration TICK = Duration.ofSeconds(10);
    private static final int AT_A_TIME = 4;

    /** Names of deployments that wait for their certificates. */
    private static final int MOST_ASKED = 1000;

    private final String directory;
    private final int ordersPerHour;
    private final CertificateStore store;
    private final Authority authority;
    private final Hosts hosts;
    private final Predicate<String> covered;
    private final ShownCertificates shown;
    private final RenewalAdvice advice;
    private final Schedule schedule;
    private final Clock clock;
    private final String holder;
    private final Executor work;

    private final Map<String, Attempt> running = new ConcurrentHashMap<>();
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Map<String, Instant> later = new ConcurrentHashMap<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("mayfly-acme").factory());
    private volatile Names names;
    private volatile boolean started;
    private volatile boolean closed;

    /**
     * @param covered whether a name has a certificate from elsewhere
     * @param snapshot of the catalog as it is now
     * @param show given all certificates that there are, now and whenever that changes
     */
    public static CertificateKeeper open(
            AcmeSettings settings,
            CertificateStore store,
            Hosts hosts,
            Predicate<String> covered,
            Snapshot snapshot,
            Consumer<List<Certificates.Pair>> show,
            KeeperChallenges challenges,
            Clock clock,
            RandomGenerator random) {
        var authority = new Acme4jAuthority(
                settings.directory(),
                settings.email(),
                settings.trusted().orElse(null),
                challenges.shown(),
                settings.plainPort(),
                Duration.ofSeconds(20),
                Thread::sleep,
                clock);
        var keeper = new CertificateKeeper(
                settings.directory().toString(),
                settings.ordersPerHour(),
                store,
                authority,
                hosts,
                covered,
                snapshot,
                show,
                clock,
                random,
                Executors.newVirtualThreadPerTaskExecutor());
        challenges.tell(keeper::asked);
        return keeper;
    }

    CertificateKeeper(
            String directory,
            int ordersPerHour,
            CertificateStore store,
            Authority authority,
            Hosts hosts,
            Predicate<String> covered,
            Snapshot snapshot,
            Consumer<List<Certificates.Pair>> show,
            Clock clock,
            RandomGenerator random,
            Executor work) {
        this.directory = directory;
        this.ordersPerHour = ordersPerHour;
        this.store = store;
        this.authority = authority;
        this.hosts = hosts;
        this.covered = covered;
        this.schedule = new Schedule(random);
        this.clock = clock;
        this.holder = Long.toHexString(random.nextLong());
        this.work = work;
        this.names = Names.of(snapshot, hosts, covered);
        this.shown = new ShownCertificates(directory, store, clock, show);
        this.advice = new RenewalAdvice(directory, store, authority, schedule, clock);
        shown.refresh(store.states(directory), names);
    }

    /** Begins to look after what is due. */
    public void start() {
        started = true;
        LOG.info("certificates come from {}, at most {} an hour", directory, ordersPerHour);
        var task = thread.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
        LOG.debug("certificates: {}", task);
    }

    /** The catalog has changed. */
    public void follow(Snapshot snapshot) {
        names = Names.of(snapshot, hosts, covered);
        wake();
    }

    /** A client wants {@code name}, which has no certificate. Nothing comes of names that are not known here. */
    void asked(String name) {
        if (closed || asked.size() >= MOST_ASKED || asked.contains(name)) {
            return;
        }
        var at = later.get(name);
        if ((at == null || !at.isAfter(clock.instant())) && names.known(name) && asked.add(name)) {
            wake();
        }
    }

    /** What is known of {@code name}; empty: none of this is its matter, because it has a certificate from elsewhere, or is no name of this server. */
    public Optional<State> state(String name) {
        if (!names.known(name)) {
            return Optional.empty();
        }
        return store.state(directory, name).or(() -> Optional.of(new State(name, Optional.empty(), Optional.empty())));
    }

    /** What is known of each name that is to have a certificate at all times. */
    public List<State> states() {
        var known = byName();
        return names.standing().stream()
                .map(name -> known.getOrDefault(name, new State(name, Optional.empty(), Optional.empty())))
                .toList();
    }

    private void wake() {
        if (started && !closed && woken.compareAndSet(false, true)) {
            try {
                thread.execute(this::tick);
            } catch (RejectedExecutionException e) {
                LOG.debug("closing", e);
            }
        }
    }

    /** One look at what is due. */
    synchronized void tick() {
        woken.set(false);
        if (closed) {
            return;
        }
        try {
            running.values().forEach(Attempt::keep);
            var known = byName();
            shown.refresh(known.values(), names);
            var standing = names.standing();
            asked.removeIf(name -> !names.known(name));
            standing.forEach(name -> beginIfDue(name, Optional.ofNullable(known.get(name))));
            asked.forEach(name -> beginIfDue(name, Optional.ofNullable(known.get(name))));
            forget(known, standing);
            advice.next(known.values(), standing).ifPresent(look -> work.execute(look));
        } catch (RuntimeException e) {
            LOG.error("certificates were not looked after; the next look is in {} s", TICK.toSeconds(), e);
        }
    }

    private Map<String, State> byName() {
        var known = new TreeMap<String, State>();
        store.states(directory).forEach(state -> known.put(state.name(), state));
        return known;
    }

    private void beginIfDue(String name, Optional<State> state) {
        var now = clock.instant();
        var at = later.get(name);
        boolean waits = (at != null && at.isAfter(now))
                || state.flatMap(State::failure)
                        .filter(failure -> failure.nextTry() > now.toEpochMilli())
                        .isPresent();
        boolean fine = state.flatMap(State::validity)
                .filter(validity -> validity.renewAt() > now.toEpochMilli())
                .isPresent();
        if (waits || fine) {
            asked.remove(name);
        } else if (running.size() < AT_A_TIME && !running.containsKey(name)) {
            var attempt = new Attempt(name, directory, holder, ordersPerHour, store, authority, schedule, clock);
            running.put(name, attempt);
            work.execute(() -> run(name, attempt));
        }
    }

    private void run(String name, Attempt attempt) {
        try {
            switch (attempt.run()) {
                case Attempt.End.Certified certified -> {
                    later.remove(name);
                    shown.refresh(byName().values(), names);
                }
                case Attempt.End.Later(var at) -> later.put(name, at);
                case Attempt.End.Elsewhere elsewhere ->
                    later.put(name, clock.instant().plus(Attempt.CLAIM));
            }
        } catch (RuntimeException e) {
            LOG.error("{}: what became of it cannot be kept", name, e);
            later.put(name, clock.instant().plus(Attempt.CLAIM));
        } finally {
            running.remove(name, attempt);
            asked.remove(name);
            wake();
        }
    }

    /** A certificate that is good is kept even if its name is gone: it may come back, and another one would count against a limit. */
    private void forget(Map<String, State> known, Set<String> standing) {
        long now = clock.millis();
        for (var state : known.values()) {
            boolean over = state.validity()
                    .filter(validity -> validity.notAfter() > now)
                    .isEmpty();
            boolean waits =
                    state.failure().filter(failure -> failure.nextTry() > now).isPresent();
            if (over
                    && !waits
                    && !standing.contains(state.name())
                    && !running.containsKey(state.name())
                    && !names.known(state.name())) {
                store.forget(directory, state.name());
            }
        }
        later.keySet().removeIf(name -> !names.known(name));
    }

    /** Breaks off what is under way, so that whoever comes next can go on with it. */
    @Override
    public void close() {
        closed = true;
        thread.shutdownNow();
        running.values().forEach(Attempt::close);
        if (work instanceof java.util.concurrent.ExecutorService own) {
            own.shutdownNow();
            try {
                if (!own.awaitTermination(5, TimeUnit.SECONDS)) {
                    LOG.warn("an authority does not let go; its orders are taken over at the next start");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
