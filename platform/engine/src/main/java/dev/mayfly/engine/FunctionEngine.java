package dev.mayfly.engine;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.provider.Provider;
import dev.mayfly.store.Artifacts;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Logs;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.UsageLedger;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine of one server: one {@link Pool} per function that was ever called. */
public final class FunctionEngine implements Engine {
    private static final Logger LOG = LoggerFactory.getLogger(FunctionEngine.class);

    /** For an instance to leave by itself whose last request took all of the time that there was. */
    private static final long LEAST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Place NOWHERE = () -> {};

    private final Map<Target.Key, Pool> pools = new ConcurrentHashMap<>();
    private final Ticker ticker;
    private final Timers timers;
    private final Starts starts;
    private final CountedWork work;
    private final CountedWork metering;
    private final CallChains chains;
    private final Books books;
    private final Activity activity;
    private final UsageLedger ledger;
    private final Logs logs;
    private final EngineSettings settings;
    private final Surroundings surroundings;
    private final Reclaim reclaim;
    private final AtomicLong invocations = new AtomicLong();
    private final Permits permits;
    private final Object following = new Object();
    /** The revision of the limits. */
    private long limited = -1;
    /** What is followed. */
    private volatile Snapshot followed = new Snapshot(-1, new TreeMap<>());

    /** How many instances are kept of which functions. */
    private volatile Map<Target.Key, Integer> kept = Map.of();

    private volatile boolean closing;
    private long drainedNanos;

    /** With all memory of the machine. */
    public FunctionEngine(
            Provider provider,
            Catalog catalog,
            Artifacts artifacts,
            UsageLedger ledger,
            Logs logs,
            Function<Deployment, String> url,
            EngineSettings settings,
            Ticker ticker) {
        this(provider, catalog, artifacts, ledger, logs, url, settings, MemorySettings.DEFAULTS, ticker);
    }

    /** @param url where a deployment answers, for {@code MAYFLY_URL} */
    public FunctionEngine(
            Provider provider,
            Catalog catalog,
            Artifacts artifacts,
            UsageLedger ledger,
            Logs logs,
            Function<Deployment, String> url,
            EngineSettings settings,
            MemorySettings memory,
            Ticker ticker) {
        this(
                new ProviderStarts(provider, artifacts, new Environment(catalog, url), settings, ticker),
                provider::instanceAt,
                ledger,
                logs,
                settings,
                ticker,
                new ThreadTimers(),
                task -> Thread.ofVirtual().name("engine").start(task),
                new Rounds("mayfly-meter"),
                work -> new ProcMachine(
                        Path.of("/proc"),
                        new ControlGroups(Path.of("/proc"), Path.of("/sys/fs/cgroup")),
                        Runtime.getRuntime().availableProcessors(),
                        memory,
                        provider::memoryBytes,
                        ticker,
                        work),
                new Autoscaler());
        watchMemory();
        activity.tidyBy(timers);
        surroundings.headroom().missing(); // so that what reads it is loaded before the first request waits for that
    }

    FunctionEngine(
            Starts starts,
            Function<String, Optional<InstanceId>> instanceAt,
            UsageLedger ledger,
            Logs logs,
            EngineSettings settings,
            Ticker ticker,
            Timers timers,
            Executor work,
            Executor metering,
            Function<Executor, Machine> machine,
            ScalingPolicy policy) {
        this.starts = starts;
        this.ledger = ledger;
        this.logs = logs;
        this.settings = settings;
        this.ticker = ticker;
        this.timers = timers;
        this.work = new CountedWork(work);
        this.metering = new CountedWork(metering);
        this.chains = new CallChains(instanceAt);
        this.activity = new Activity(ticker);
        this.books = new Books(ledger, logs, ticker, settings, activity);
        this.permits = new Permits(ConcurrencyLimits.of(settings, followed));
        var numbers = new AtomicLong(ticker.millis());
        this.surroundings = new Surroundings(
                ticker,
                timers,
                this.work,
                this.metering,
                this::perform,
                books,
                settings,
                chains,
                numbers::incrementAndGet,
                Runtime.getRuntime().availableProcessors(),
                new Headroom(machine.apply(this.work), ticker),
                permits,
                activity,
                policy);
        this.reclaim = new Reclaim(pools::values, surroundings.headroom(), starts, this.work, ticker, timers);
    }

    /** Looks from now on whether the machine has too little memory left, whoever took it. */
    void watchMemory() {
        reclaim.watch();
    }

    @Override
    public Place admit(InvocationRequest request, Consumer<Admission> answer, Consumer<String> coming) {
        long millis = ticker.millis();
        var id = InvocationId.of(millis, invocations.incrementAndGet());
        if (closing) {
            answer.accept(new Admission.Refused(id, leaving(), 1));
            return NOWHERE;
        }
        var target = Target.of(request);
        int depth = chains.depth(request.caller());
        if (depth > settings.callDepth()) {
            var problem = new Told(target).loops(depth, settings.callDepth());
            books.refused(id, request, problem, 0);
            pool(target).refused(Reason.CALLED_TOO_DEEP, id);
            answer.accept(new Admission.Refused(id, problem, 0));
            return NOWHERE;
        }
        var pool = pool(target);
        var invocation = new Invocation(pool, id, request, depth, answer, coming, ticker.nanos(), millis);
        pool.admit(invocation);
        return invocation;
    }

    private void perform(List<Effect> effects) {
        for (var effect : effects) {
            try {
                perform(effect);
            } catch (RuntimeException | Error e) { // the others are still to be done
                LOG.error("an effect failed: {}", effect.getClass().getSimpleName(), e);
                if (effect instanceof Effect.Start(Pool pool, Instance instance)) {
                    pool.failed(instance, Told.platformFailed());
                }
            }
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Effect.Answer(Consumer<Admission> to, Admission admission) -> to.accept(admission);
            case Effect.Coming(Consumer<String> to, String address) -> to.accept(address);
            case Effect.Abort(Consumer<Problem> listener, Problem problem) -> listener.accept(problem);
            case Effect.Start(Pool pool, Instance instance) -> starts.start(pool, instance);
            case Effect.MakeRoom() -> reclaim.look();
            case Effect.Gone(Instance instance) -> reclaim.gone(instance);
            case Effect.Permitted(Pool pool) -> permitted(pool);
            case Effect.Drain(var provided) -> provided.drain();
            case Effect.Kill(var provided) -> work.execute(provided::kill);
        }
    }

    private static void permitted(Pool first) {
        var told = new ArrayDeque<>(List.of(first));
        while (!told.isEmpty()) {
            told.addAll(told.poll().permitted());
        }
    }

    /** Called with each new snapshot before the edge leads where it says: from now on its limits hold of what runs at once. */
    public void limit(Snapshot snapshot) {
        synchronized (following) {
            if (snapshot.revision() >= limited && !closing) {
                limited = snapshot.revision();
                if (permits.follow(ConcurrencyLimits.of(settings, snapshot))) {
                    pools.values().forEach(FunctionEngine::permitted);
                }
            }
        }
    }

    @Override
    public List<InstanceView> instances() {
        return pools.values().stream().flatMap(pool -> pool.views().stream()).toList();
    }

    @Override
    public List<FunctionState> functions(ProjectName project) {
        return pools.values().stream()
                .filter(pool -> pool.target().deployment().project().equals(project))
                .map(Pool::state)
                .toList();
    }

    @Override
    public Map<ProjectFunction, Integer> waiting() {
        var waiting = new HashMap<ProjectFunction, Integer>();
        for (var pool : pools.values()) {
            int here = pool.waiting();
            if (here > 0) {
                waiting.merge(ProjectFunction.of(pool.target()), here, Integer::sum);
            }
        }
        return waiting;
    }

    @Override
    public Activity activity() {
        return activity;
    }

    @Override
    public List<Decision> decisions(ProjectName project) {
        return decisions(pool -> pool.target().deployment().project().equals(project), 0);
    }

    @Override
    public List<Decision> decisions(InvocationId request) {
        return request.value() == 0 ? List.of() : decisions(pool -> true, request.value()); // 0 is nobody's
    }

    private List<Decision> decisions(Predicate<Pool> of, long only) {
        return pools.values().stream()
                .filter(of)
                .flatMap(pool -> pool.decisions(only).stream())
                .sorted(Comparator.comparingLong(Decision::at))
                .toList();
    }

    @Override
    public Optional<Handover> handover(Snapshot next) {
        if (closing || settings.startAhead().isZero()) {
            return Optional.empty();
        }
        var needs = new HashMap<Target, Handover.Need>();
        Succession.heirs(followed, next, this::demand)
                .forEach((target, requests) -> needs.put(target, new Handover.Need(requests, 0)));
        Succession.kept(next).forEach((target, least) -> {
            if (!kept.containsKey(target.key()) && followed.revision() >= 0) { // at first everybody is new
                needs.merge(target, new Handover.Need(0, least), (one, other) -> one.atLeast(other.least()));
            }
        });
        needs.entrySet().removeIf(each -> has(each.getKey().key(), each.getValue()));
        if (needs.isEmpty()) {
            return Optional.empty();
        }
        long most = settings.startAhead().toNanos();
        return Optional.of(new Handover(
                Handover.meanwhile(followed, next, Handover.projects(needs)),
                () -> needs.forEach((target, need) -> pool(target).ahead(need.requests(), need.least())),
                () -> await(() -> closing || needs.entrySet().stream().allMatch(this::isAhead), most)));
    }

    private int demand(Target.Key key) {
        var pool = pools.get(key);
        return pool == null ? 0 : pool.demand();
    }

    private boolean has(Target.Key key, Handover.Need need) {
        var pool = pools.get(key);
        return pool != null && pool.has(need.requests(), need.least());
    }

    private boolean isAhead(Map.Entry<Target, Handover.Need> each) {
        return pool(each.getKey())
                .isAhead(each.getValue().requests(), each.getValue().least());
    }

    Pool pool(Target target) {
        var pool = pools.computeIfAbsent(target.key(), key -> new Pool(target, surroundings));
        if (closing) { // it may have come too late to be closed with the others
            pool.close(leaving());
        }
        return pool;
    }

    @Override
    public void follow(Snapshot snapshot) {
        synchronized (following) {
            if (snapshot.revision() < followed.revision() || closing) {
                return;
            }
            followed = snapshot;
            limit(snapshot);
            pools.values()
                    .removeIf(Pool::over); // those of before: who was on the way to one that ends now is refused by it
            end(snapshot);
            activity.follow(snapshot);
            var floors = new HashMap<Target.Key, Integer>();
            Succession.kept(snapshot).forEach((target, count) -> {
                floors.put(target.key(), count);
                pool(target);
            });
            kept = floors;
            pools.forEach((key, pool) -> pool.keep(floors.getOrDefault(key, 0)));
        }
    }

    private void end(Snapshot snapshot) {
        var gone = new Problem(ErrorCode.DEPLOYMENT_NOT_FOUND, "This deployment was deleted.");
        for (var pool : pools.values()) {
            var deployment = pool.target().deployment();
            boolean exists = snapshot.project(deployment.project())
                    .filter(project -> project.deployments().containsKey(deployment.id()))
                    .isPresent();
            if (!exists) {
                pool.close(gone);
            }
        }
    }

    @Override
    public Set<DeploymentId> inUse() {
        return pools.entrySet().stream()
                .filter(each -> each.getValue().inUse())
                .map(each -> each.getKey().deployment())
                .collect(Collectors.toSet());
    }

    @Override
    public synchronized void drain() {
        synchronized (following) {
            if (!closing) {
                closing = true;
                drainedNanos = ticker.nanos();
                pools.values().forEach(pool -> pool.close(leaving()));
            }
        }
    }

    @Override
    public synchronized void close() {
        drain();
        long drain = settings.drainTimeout().toNanos();
        await(this::allEmpty, Math.max(LEAST_NANOS, drainedNanos + drain - ticker.nanos()));
        pools.values().forEach(Pool::killAll);
        await(this::allEmpty, drain);
        pools.values().forEach(Pool::cutAll);
        await(() -> work.idle() && metering.idle(), drain);
        timers.close();
        ledger.flush();
        logs.flush();
    }

    private boolean allEmpty() {
        return pools.values().stream().allMatch(Pool::isEmpty);
    }

    private void await(BooleanSupplier condition, long nanos) {
        long until = ticker.nanos() + nanos;
        while (!condition.getAsBoolean() && ticker.nanos() < until) {
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static Problem leaving() {
        return new Problem(ErrorCode.UNAVAILABLE, "The server is closing.", "Try again in a moment.");
    }
}
