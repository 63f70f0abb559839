package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Draining;
import dev.mayfly.engine.InstanceState.Gone;
import dev.mayfly.engine.InstanceState.Idle;
import dev.mayfly.engine.InstanceState.Serving;
import dev.mayfly.engine.InstanceState.Starting;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Limits;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.ProvidedInstance;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of one function of one deployment: its queue, its instances, and its one timer. Every event takes the lock, changes what
 * is in memory and collects {@link Effect}s, which are carried out after the lock is free; so any thread may call, event loops included.
 *
 * <p>Longer than most files: the transitions of one state machine are easier to check side by side.
 */
final class Pool {
    /** How long after a response its slot is expected to be free before another instance is started instead. */
    static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
    /** How long after a response `started` may still arrive; then the worker answered by itself. */
    static final long UNSTARTED_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** How long the gateway may take to tell the end of an invocation that was ended here. */
    static final long CUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int MOST_DOUBLINGS = 6;
    private static final long NEVER = Long.MAX_VALUE;
    private static final int RETRY_AFTER_SECONDS = 1;

    private final Target target;
    private final Limits limits;
    private final Told told;
    private final Surroundings around;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Invocation> waiting = new ArrayDeque<>();
    /** In order of dispatch, which is the order of their deadlines: the timeout is the same for all. */
    private final Set<Invocation> running = new LinkedHashSet<>();
    /** Those whose end is known on one side only. */
    private final Set<Invocation> settling = new LinkedHashSet<>();

    private final List<Instance> instances = new ArrayList<>();
    private @Nullable ServingMode mode;
    private @Nullable Problem closed;
    /** When what still runs is ended because this was closed. */
    private long closedUntil = NEVER;

    private int failures;
    private long notBefore;
    private long wakeAt = NEVER;
    private Timers.@Nullable Timer timer;

    Pool(Target target, Surroundings around) {
        this.target = target;
        this.limits = target.function().limits();
        this.told = new Told(target);
        this.around = around;
        this.notBefore = around.ticker().nanos();
    }

    Target target() {
        return target;
    }

    /** Runs one event under the lock, then what came of it. */
    private void happen(Event event) {
        var effects = new ArrayList<Effect>(4);
        lock.lock();
        try {
            long now = around.ticker().nanos();
            event.happen(now, effects);
            arm(now);
        } finally {
            lock.unlock();
        }
        if (!effects.isEmpty()) {
            around.perform().accept(effects);
        }
    }

    @FunctionalInterface
    private interface Event {
        void happen(long now, List<Effect> effects);
    }

    // --- requests

    void admit(Invocation invocation) {
        happen((now, effects) -> {
            if (closed != null) {
                refuse(invocation, closed, now, effects);
                return;
            }
            var free = waiting.isEmpty() ? freeInstance() : null;
            if (free != null) {
                dispatch(invocation, free, now, effects);
            } else if (waiting.size() >= limits.queue() + (long) room() * concurrency()) {
                refuse(invocation, told.busy(serving(), waiting.size()), now, effects);
            } else {
                waiting.add(invocation);
                scale(now, effects);
            }
        });
    }

    private void dispatch(Invocation invocation, Instance instance, long now, List<Effect> effects) {
        var serving = (Serving) instance.state;
        instance.state = serving.dispatch();
        instance.lastUsedNanos = now;
        invocation.dispatched(
                instance, serving.provided(), now, limits.timeout().toNanos());
        instance.active.put(invocation.id.value(), invocation);
        running.add(invocation);
        meter(instance).opened(invocation.id.value(), now);
        effects.add(new Effect.Answer(invocation.answer, new Admission.Granted(invocation)));
    }

    private void refuse(Invocation invocation, Problem problem, long now, List<Effect> effects) {
        around.books().refused(invocation.id, invocation.request, problem, (now - invocation.acceptedNanos) / 1000);
        effects.add(new Effect.Answer(
                invocation.answer, new Admission.Refused(invocation.id, problem, RETRY_AFTER_SECONDS)));
    }

    private void serveWaiting(long now, List<Effect> effects) {
        while (!waiting.isEmpty()) {
            var free = freeInstance();
            if (free == null) {
                break;
            }
            dispatch(waiting.remove(), free, now, effects);
        }
        scale(now, effects);
    }

    /** The most recently used one, so that the others may become idle for long. */
    private @Nullable Instance freeInstance() {
        Instance best = null;
        for (var each : instances) {
            if (each.state instanceof Serving serving
                    && serving.active() < concurrency()
                    && (best == null || each.lastUsedNanos > best.lastUsedNanos)) {
                best = each;
            }
        }
        return best;
    }

    private int concurrency() {
        return limits.concurrencyFor(mode != null ? mode : assumedMode());
    }

    private ServingMode assumedMode() {
        return target.function().entrypoint().kind().assumedMode();
    }

    // --- what the gateway says

    void onAbort(Invocation invocation, Consumer<Problem> listener) {
        happen((now, effects) -> {
            invocation.listener = listener;
            if (invocation.cut != null) {
                effects.add(new Effect.Abort(listener, invocation.cut.problem()));
            }
        });
    }

    void finished(Invocation invocation, Outcome outcome, int status, long bytesIn, long bytesOut) {
        happen((now, effects) -> {
            if (invocation.response == null && !invocation.released) {
                invocation.response = new Invocation.Response(outcome, status, bytesIn, bytesOut, now);
                settle(invocation, now, effects);
            }
        });
    }

    boolean notStarted(Invocation invocation) {
        var again = new boolean[1];
        happen((now, effects) -> {
            boolean timedOut = invocation.cut != null && invocation.cut.outcome() == Outcome.TIMEOUT;
            if (invocation.started || invocation.released || invocation.response != null || timedOut) {
                return;
            }
            again[0] = true;
            var instance = invocation.instance();
            meter(instance).cancelled(invocation.id.value(), now);
            release(invocation, now);
            // Whoever could not be reached is not asked again.
            retire(instance, true, now, effects);
            serveWaiting(now, effects);
        });
        return again[0];
    }

    // --- what the instance says

    /** Whoever it is started for may connect while it loads, unless each connection to it carries one request only. */
    void reachable(Instance instance, String address) {
        if (!assumedMode().keepsAlive()) {
            return;
        }
        happen((now, effects) -> {
            if (instance.state instanceof Starting) {
                waiting.stream()
                        .filter(each -> each.id.equals(instance.cause))
                        .forEach(each -> effects.add(new Effect.Coming(each.coming, address)));
            }
        });
    }

    void started(Instance instance, long id) {
        happen((now, effects) -> {
            var invocation = instance.active.get(id);
            if (invocation != null) {
                invocation.started = true;
            }
        });
    }

    void ended(Instance instance, long id) {
        happen((now, effects) -> {
            var invocation = instance.active.get(id);
            if (invocation != null) {
                invocation.started = true;
                invocation.ended(now);
                settle(invocation, now, effects);
            }
        });
    }

    void log(Instance instance, long id, LogLine.Stream stream, int level, long at, String text) {
        lock.lock();
        try {
            var owner = instance.owner(id).orElse(null);
            around.books().line(target, instance.id, owner, stream, level, at, text);
        } finally {
            lock.unlock();
        }
    }

    void exited(Instance instance, ExitStatus status, long cpuMicros) {
        happen((now, effects) -> {
            switch (instance.state) {
                case Starting starting -> {
                    instance.exitBeforeReady = status;
                    around.books().unmetered(target, instance.id, cpuMicros);
                    return;
                }
                case Gone gone -> {
                    return;
                }
                case Serving serving -> instance.state = serving.exited();
                case Draining draining -> instance.state = draining.exited();
            }
            forget(instance);
            for (var invocation : List.copyOf(instance.active.values())) {
                // What it has answered the gateway still reads, and finds out by itself if it is not whole.
                if (invocation.response != null || !invocation.hasEnded()) {
                    end(invocation, told.crashed(status, instance.killSent), Outcome.FAILED, now, effects);
                }
            }
            meter(instance).exited(cpuMicros);
            serveWaiting(now, effects);
        });
    }

    // --- the life of an invocation

    /** Releases it if it is over on both sides. */
    private void settle(Invocation invocation, long now, List<Effect> effects) {
        if (invocation.released) {
            return;
        }
        var instance = invocation.instance();
        var over = invocation.over(mode(), now, UNSTARTED_NANOS);
        if (over.isEmpty()) {
            settling.add(invocation);
            return;
        }
        long end = Math.max(invocation.dispatchedNanos, Math.min(over.getAsLong(), invocation.deadlineNanos));
        var response = invocation.response;
        if (response == null) {
            throw new IllegalStateException(invocation.id + " is over without a response");
        }
        var outcome = invocation.cut == null ? response.outcome() : invocation.cut.outcome();
        var execution = new Books.Execution(
                instance.id,
                end / 1000 - invocation.dispatchedNanos / 1000,
                outcome,
                response.status(),
                response.bytesIn(),
                response.bytesOut(),
                invocation.cut == null
                        ? ""
                        : Told.firstLine(invocation.cut.problem().message()));
        meter(instance).closed(invocation, execution, end);
        release(invocation, now);
        leave(instance, now, effects);
        serveWaiting(now, effects);
    }

    private void release(Invocation invocation, long now) {
        var instance = invocation.instance();
        invocation.released = true;
        running.remove(invocation);
        settling.remove(invocation);
        instance.active.remove(invocation.id.value());
        instance.remember(invocation.id.value());
        instance.lastUsedNanos = now;
        instance.lastDepth = invocation.depth;
        switch (instance.state) {
            case InstanceState.Busy busy -> instance.state = busy.release(now);
            case Draining draining -> instance.state = draining.release(now);
            case Gone gone -> {}
            case Starting starting -> throw new IllegalStateException(instance.id + " has not started");
            case Idle idle -> throw new IllegalStateException(instance.id + " had nothing to release");
        }
    }

    /** Ends it from this side; the gateway is told, and will still say what it sent. */
    private void cut(Invocation invocation, Problem problem, Outcome outcome, long now, List<Effect> effects) {
        if (invocation.cut == null && !invocation.released) {
            invocation.cut = new Invocation.Cut(problem, outcome, now);
            settling.add(invocation);
            if (invocation.listener != null) {
                effects.add(new Effect.Abort(invocation.listener, problem));
            }
        }
    }

    private void timeOut(Invocation invocation, long now, List<Effect> effects) {
        var instance = invocation.instance();
        // First of all it takes no new request: what follows makes a slot free.
        retire(instance, true, now, effects);
        end(invocation, told.timedOut(), Outcome.TIMEOUT, now, effects);
        leave(instance, now, effects);
    }

    /** Its time is up, or that of its work after the response. */
    private void end(Invocation invocation, Problem problem, Outcome outcome, long now, List<Effect> effects) {
        if (invocation.response == null) {
            cut(invocation, problem, outcome, now, effects);
        } else {
            invocation.cutBackground(now);
            settle(invocation, now, effects);
        }
    }

    // --- the life of an instance

    private void scale(long now, List<Effect> effects) {
        if (closed != null || waiting.isEmpty()) {
            return;
        }
        switch (ScaleDecision.decide(snapshot(now))) {
            case ScaleDecision.Stay stay -> {}
            case ScaleDecision.Later later -> {}
            case ScaleDecision.Start(int count, String reason) -> {
                // Each new one is for the requests that those on their way leave waiting.
                var causes =
                        waiting.stream().skip((long) starting() * concurrency()).toList();
                for (int i = 0; i < count; i++) {
                    int first = Math.min(i * concurrency(), causes.size() - 1);
                    start(causes.isEmpty() ? null : causes.get(first), reason, now, effects);
                }
            }
        }
    }

    private PoolSnapshot snapshot(long now) {
        int soonFree = 0;
        for (var each : settling) {
            if (!each.released
                    && each.cut == null
                    && each.response != null
                    && now - each.response.at() < SETTLE_NANOS
                    && each.instance().state instanceof Serving) {
                soonFree++;
            }
        }
        return new PoolSnapshot(
                waiting.size(),
                soonFree,
                starting(),
                serving(),
                concurrency(),
                limits.maxInstances(),
                failures > 0,
                Math.max(0, notBefore - now));
    }

    private void start(@Nullable Invocation cause, String reason, long now, List<Effect> effects) {
        var id =
                new InstanceId(target.deployment().id() + "-" + around.numbers().get());
        var instance = new Instance(
                id,
                cause == null ? null : cause.id,
                cause == null ? 0 : cause.depth,
                reason,
                now,
                around.ticker().millis());
        instances.add(instance);
        around.chains().began(id, this);
        effects.add(new Effect.Start(this, instance));
    }

    /** @param baseline its CPU counter now */
    void ready(Instance instance, ProvidedInstance provided, long baseline) {
        happen((now, effects) -> {
            if (instance.exitBeforeReady != null) {
                startFailed(instance, told.crashed(instance.exitBeforeReady, false), now, effects);
                return;
            }
            mode = provided.mode();
            failures = 0;
            instance.readyNanos = now;
            instance.lastUsedNanos = now;
            instance.starter = null;
            instance.state = ((Starting) instance.state).ready(provided, now);
            instance.meter = new Meter(around, provided, target, instance, now, baseline);
            if (closed != null) {
                retire(instance, false, now, effects);
            }
            serveWaiting(now, effects);
        });
    }

    void failed(Instance instance, Problem problem) {
        happen((now, effects) -> startFailed(instance, problem, now, effects));
    }

    private void startFailed(Instance instance, Problem problem, long now, List<Effect> effects) {
        instance.state = ((Starting) instance.state).failed();
        instance.starter = null;
        forget(instance);
        if (now >= notBefore) { // those that were started together fail as one
            notBefore = now + (FIRST_BACKOFF_NANOS << Math.min(failures++, MOST_DOUBLINGS));
        }
        for (var invocation : victims(instance)) {
            waiting.remove(invocation);
            long waited = (now - invocation.acceptedNanos) / 1000;
            long init = invocation.overlapMicros(instance.startedNanos, now, now);
            around.books().notStarted(invocation, instance.id, waited - init, init, Told.firstLine(problem.message()));
            effects.add(new Effect.Answer(
                    invocation.answer,
                    new Admission.Refused(
                            invocation.id,
                            told.startFailed(problem, instance.cause == null ? invocation.id : instance.cause),
                            0)));
        }
        serveWaiting(now, effects);
    }

    private void forget(Instance instance) {
        instances.remove(instance);
        around.chains().ended(instance.id);
    }

    /** Those that waited for it: as many as it would have taken, its own cause first; all, if nothing else could take them. */
    private List<Invocation> victims(Instance instance) {
        if (serving() + starting() == 0) {
            return List.copyOf(waiting);
        }
        var victims = new ArrayList<Invocation>();
        waiting.stream().filter(each -> each.id.equals(instance.cause)).forEach(victims::add);
        waiting.stream()
                .filter(each -> !each.id.equals(instance.cause))
                .limit(Math.max(0, concurrency() - victims.size()))
                .forEach(victims::add);
        return victims;
    }

    /** @param broken to be killed rather than asked to leave */
    private void retire(Instance instance, boolean broken, long now, List<Effect> effects) {
        instance.broken |= broken;
        if (instance.state instanceof Serving serving) {
            instance.state = serving.retire(now);
        }
        leave(instance, now, effects);
    }

    /** Lets a retired instance go once nothing runs on it that anyone waits for. */
    private void leave(Instance instance, long now, List<Effect> effects) {
        if (!(instance.state instanceof Draining draining)
                || instance.active.values().stream().anyMatch(each -> each.cut == null)) {
            return;
        }
        if (instance.broken) {
            kill(instance, draining.provided(), effects);
        } else if (!instance.drainSent) {
            instance.drainSent = true;
            instance.state = new Draining(draining.provided(), draining.active(), now);
            effects.add(new Effect.Drain(draining.provided()));
        } else if (now - draining.since() >= around.settings().drainTimeout().toNanos()) {
            kill(instance, draining.provided(), effects);
        }
    }

    private static void kill(Instance instance, ProvidedInstance provided, List<Effect> effects) {
        if (!instance.killSent) {
            instance.killSent = true;
            effects.add(new Effect.Kill(provided));
        }
    }

    // --- time

    private void tick() {
        happen((now, effects) -> {
            wakeAt = NEVER;
            timer = null;
            while (!waiting.isEmpty()
                    && now - waiting.element().acceptedNanos
                            >= limits.queueTimeout().toNanos()) {
                refuse(waiting.remove(), told.waitedTooLong(), now, effects);
            }
            for (var late : late(now)) {
                running.remove(late);
                timeOut(late, now, effects);
            }
            settleAll(now, effects);
            if (now >= closedUntil) {
                cutOff(now, effects);
            }
            for (var instance : List.copyOf(instances)) {
                if (instance.state instanceof Idle idle
                        && now - idle.since() >= limits.idleTimeout().toNanos()
                        && serving() > limits.minInstances()) {
                    retire(instance, false, now, effects);
                }
                leave(instance, now, effects);
            }
            serveWaiting(now, effects);
        });
    }

    private List<Invocation> late(long now) {
        var late = new ArrayList<Invocation>();
        for (var each : running) {
            if (now < each.deadlineNanos) {
                break;
            }
            late.add(each);
        }
        return late;
    }

    private void settleAll(long now, List<Effect> effects) {
        for (var each : List.copyOf(settling)) {
            if (each.cut != null && each.response == null && now - each.cut.at() >= CUT_NANOS) {
                int status = each.cut.problem().code().status();
                each.response = new Invocation.Response(each.cut.outcome(), status, 0, 0, now);
            }
            settle(each, now, effects);
        }
    }

    private void arm(long now) {
        long next = nextWake(now);
        if (next >= wakeAt) {
            return;
        }
        if (timer != null) {
            timer.cancel();
        }
        wakeAt = next;
        timer = around.timers().schedule(Math.max(0, next - now), this::tick);
    }

    private long nextWake(long now) {
        long next = closedUntil;
        if (!waiting.isEmpty()) {
            next = Math.min(
                    next,
                    waiting.element().acceptedNanos + limits.queueTimeout().toNanos());
            if (notBefore > now) {
                next = Math.min(next, notBefore);
            }
        }
        if (!running.isEmpty()) {
            next = Math.min(next, running.iterator().next().deadlineNanos);
        }
        for (var each : settling) {
            next = Math.min(next, wakeFor(each, now));
        }
        boolean spare = serving() > limits.minInstances();
        for (var each : instances) {
            if (spare && each.state instanceof Idle idle) {
                next = Math.min(next, idle.since() + limits.idleTimeout().toNanos());
            } else if (each.state instanceof Draining draining && each.drainSent && !each.killSent) {
                next = Math.min(
                        next,
                        draining.since() + around.settings().drainTimeout().toNanos());
            }
        }
        return next;
    }

    private long wakeFor(Invocation invocation, long now) {
        if (invocation.cut != null) {
            return invocation.cut.at() + CUT_NANOS;
        }
        long expected = invocation.halfOverAt() + SETTLE_NANOS;
        long wake = !waiting.isEmpty() && now < expected ? expected : NEVER;
        return invocation.response != null && !invocation.started
                ? Math.min(wake, invocation.response.at() + UNSTARTED_NANOS)
                : wake;
    }

    // --- the end, and the look from outside

    /** From now on everything is refused with {@code why}; what runs may finish for a while, idle instances leave. */
    void close(Problem why) {
        happen((now, effects) -> {
            if (closed == null) {
                closedUntil = now + around.settings().drainTimeout().toNanos();
            }
            closed = why;
            while (!waiting.isEmpty()) {
                refuse(waiting.remove(), why, now, effects);
            }
            for (var instance : List.copyOf(instances)) {
                retire(instance, false, now, effects);
                if (instance.starter != null) {
                    instance.starter.interrupt();
                }
            }
        });
    }

    /** Nothing may run any longer. */
    private void cutOff(long now, List<Effect> effects) {
        closedUntil = NEVER;
        var problem =
                told.cutOff(Objects.requireNonNull(closed), around.settings().drainTimeout());
        for (var instance : List.copyOf(instances)) {
            if (!instance.active.isEmpty()) {
                retire(instance, true, now, effects);
                for (var invocation : List.copyOf(instance.active.values())) {
                    end(invocation, problem, Outcome.FAILED, now, effects);
                }
                leave(instance, now, effects);
            }
        }
    }

    /** Ends what is left. */
    void killAll() {
        happen((now, effects) -> {
            for (var instance : List.copyOf(instances)) {
                instance.provided().ifPresent(provided -> kill(instance, provided, effects));
            }
        });
    }

    /** Ends invocations that the gateway has not told the end of. */
    void cutAll() {
        happen((now, effects) -> {
            var open = new LinkedHashSet<>(running);
            open.addAll(settling);
            for (var each : open) {
                if (!each.released && each.response == null) {
                    var cut = each.cut;
                    int status = cut == null ? 0 : cut.problem().code().status();
                    each.response =
                            new Invocation.Response(cut == null ? Outcome.FAILED : cut.outcome(), status, 0, 0, now);
                }
                each.cutBackground(now);
                settle(each, now, effects);
            }
        });
    }

    /** The thread that starts it, so that closing can interrupt it. */
    boolean starting(Instance instance, Thread thread) {
        lock.lock();
        try {
            instance.starter = thread;
            return closed == null;
        } finally {
            lock.unlock();
        }
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return instances.isEmpty() && waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Closed, and nothing left to do. */
    boolean over() {
        lock.lock();
        try {
            return closed != null && instances.isEmpty() && running.isEmpty() && settling.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** The depth that a call by {@code instance} adds to; 0 once it is gone. */
    int depth(InstanceId instance) {
        lock.lock();
        try {
            return instances.stream()
                    .filter(each -> each.id.equals(instance))
                    .mapToInt(Instance::depth)
                    .findFirst()
                    .orElse(0);
        } finally {
            lock.unlock();
        }
    }

    List<InstanceView> views() {
        lock.lock();
        try {
            long now = around.ticker().nanos();
            return instances.stream().map(each -> view(each, now)).toList();
        } finally {
            lock.unlock();
        }
    }

    private InstanceView view(Instance instance, long now) {
        var reason = instance.state instanceof Idle idle
                ? "idle for " + TimeUnit.NANOSECONDS.toSeconds(now - idle.since()) + " s, ends after "
                        + limits.idleTimeout().toSeconds() + " s"
                : instance.reason;
        return new InstanceView(
                instance.id,
                target.deployment().project(),
                target.deployment().id(),
                target.function().name(),
                instance.state.word(),
                instance.active.size(),
                instance.startedMillis,
                reason);
    }

    private int serving() {
        return (int)
                instances.stream().filter(each -> each.state instanceof Serving).count();
    }

    private int starting() {
        return (int) instances.stream()
                .filter(each -> each.state instanceof Starting)
                .count();
    }

    /** How many more instances could serve than do. */
    private int room() {
        return Math.max(0, limits.maxInstances() - serving());
    }

    private ServingMode mode() {
        return mode == null ? ServingMode.HANDLER : mode;
    }

    private static Meter meter(Instance instance) {
        if (instance.meter == null) {
            throw new IllegalStateException(instance.id + " has no meter (expected: ready)");
        }
        return instance.meter;
    }
}
