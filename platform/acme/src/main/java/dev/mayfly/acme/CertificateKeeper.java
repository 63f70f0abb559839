package dev.mayfly.acme;

import dev.mayfly.gateway.Certificates;
import dev.mayfly.gateway.Challenges;
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
import java.util.concurrent.ExecutorService;
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
    private final Waiting waiting;
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
     * @param challenges what the edge shows to the authority
     */
    public static CertificateKeeper open(
            AcmeSettings settings,
            CertificateStore store,
            Hosts hosts,
            Predicate<String> covered,
            Snapshot snapshot,
            Consumer<List<Certificates.Pair>> show,
            Challenges challenges,
            Clock clock,
            RandomGenerator random) {
        var authority = new Acme4jAuthority(
                settings.directory(),
                settings.email(),
                settings.trusted().orElse(null),
                challenges,
                settings.plainPort(),
                Duration.ofSeconds(20),
                new Looks(clock, Thread::sleep));
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
        this.waiting = new Waiting(clock);
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
        var _ = thread.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The catalog has changed. */
    public void follow(Snapshot snapshot) {
        names = Names.of(snapshot, hosts, covered);
        wake();
    }

    /** A client wants {@code name}, which has no certificate. Nothing comes of names that are not known here. */
    void asked(String name) {
        if (!closed && waiting.ask(name, names::known)) {
            wake();
        }
    }

    /** What is known of {@code name}; empty: it has a certificate from elsewhere, or is no name of this server. */
    public Optional<State> state(String name) {
        return names.known(name) ? Optional.of(told(name, store.state(directory, name))) : Optional.empty();
    }

    /** What is known of each name that is to have a certificate at all times. */
    public List<State> states() {
        var known = byName();
        return names.standing().stream()
                .map(name -> told(name, Optional.ofNullable(known.get(name))))
                .toList();
    }

    /** A certificate that has ended is none. */
    private State told(String name, Optional<State> state) {
        return new State(
                name,
                state.flatMap(State::validity).filter(validity -> validity.notAfter() > clock.millis()),
                state.flatMap(State::failure));
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
            waiting.tidy(names::known);
            var known = byName();
            shown.refresh(known.values(), names);
            var standing = names.standing();
            standing.forEach(name -> beginIfDue(name, known, ordersPerHour));
            waiting.asked().stream()
                    .filter(name -> !standing.contains(name))
                    .forEach(name -> beginIfDue(name, known, Math.max(1, ordersPerHour / 2)));
            forget(known, standing);
            advice.next(known.values(), standing).ifPresent(work::execute);
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.error("certificates were not looked after; the next look is in {} s", TICK.toSeconds(), e);
            }
        }
    }

    private Map<String, State> byName() {
        var known = new TreeMap<String, State>();
        store.states(directory).forEach(state -> known.put(state.name(), state));
        return known;
    }

    /** @param most orders in an hour: what clients come for leaves some to names that are to have a certificate at all times */
    private void beginIfDue(String name, Map<String, State> known, int most) {
        if (waiting.waits(name)) {
            return;
        }
        var rest = rest(Optional.ofNullable(known.get(name)));
        if (rest.isPresent()) {
            waiting.until(name, rest.get());
        } else if (running.size() < AT_A_TIME && !running.containsKey(name)) {
            var attempt = new Attempt(name, directory, holder, most, store, authority, schedule, clock);
            running.put(name, attempt);
            work.execute(() -> run(name, attempt));
        }
    }

    /** How long there is nothing to be done for a name; empty: it is due. */
    private Optional<Instant> rest(Optional<State> state) {
        long now = clock.millis();
        var failure = state.flatMap(State::failure).filter(last -> last.waits(now));
        if (failure.isPresent()) {
            return failure.map(last -> Instant.ofEpochMilli(last.nextTry()));
        }
        return state.flatMap(State::validity)
                .filter(validity -> validity.renewAt() > now)
                .map(good -> clock.instant().plus(Attempt.CLAIM));
    }

    private void run(String name, Attempt attempt) {
        boolean more = false;
        try {
            switch (attempt.run()) {
                case Attempt.End.Certified certified -> {
                    waiting.done(name);
                    shown.refresh(byName().values(), names);
                    more = true;
                }
                case Attempt.End.Later(var at) -> waiting.until(name, at);
                case Attempt.End.Elsewhere elsewhere -> waitAMinute(name);
            }
        } catch (RuntimeException e) {
            LOG.error("{}: what became of it cannot be kept", name, e);
            waitAMinute(name);
        } finally {
            running.remove(name, attempt);
        }
        if (more) {
            wake(); // for the next name; after anything else that is not hurried
        }
    }

    private void waitAMinute(String name) {
        waiting.until(name, clock.instant().plus(Attempt.CLAIM));
    }

    /** A certificate that is good is kept even if its name is gone: it may come back, and another one would count against a limit. */
    private void forget(Map<String, State> known, Set<String> standing) {
        long now = clock.millis();
        known.values().stream()
                .filter(state -> state.validity().stream().noneMatch(validity -> validity.notAfter() > now))
                .filter(state -> state.failure().stream().noneMatch(failure -> failure.waits(now)))
                .map(State::name)
                .filter(name -> !standing.contains(name) && !running.containsKey(name) && !names.known(name))
                .forEach(name -> store.forget(directory, name));
    }

    /** Breaks off what is under way, so that whoever comes next can go on with it. */
    @Override
    public void close() {
        closed = true;
        thread.shutdownNow();
        running.values().forEach(Attempt::close);
        if (work instanceof ExecutorService own) {
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
