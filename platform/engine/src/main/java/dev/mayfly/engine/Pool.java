package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Starting;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Limits;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.ProvidedInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher of one function of one deployment, and the one owner of its state: the {@link RequestQueue}, the {@link Executions}, the {@link Fleet}
 * and the one timer. Every event takes the lock, changes what is in memory and collects {@link Effect}s, which are carried out after the
 * lock is free; so any thread may call, event loops included.
 */
final class Pool {
    private static final int RETRY_AFTER_SECONDS = 1;

    private final Target target;
    private final Limits limits;
    private final Told told;
    private final Surroundings around;
    private final ReentrantLock lock = new ReentrantLock();
    private final RequestQueue queue;
    private final Fleet fleet;
    private final Executions executions;
    private final Backoff backoff;
    private final Alarm alarm;
    private @Nullable ServingMode mode;
    private @Nullable Problem closed;
    /** When what still runs is ended because this was closed. */
    private long closedUntil = Alarm.NEVER;

    Pool(Target target, Surroundings around) {
        this.target = target;
        this.limits = target.function().limits();
        this.told = new Told(target);
        this.around = around;
        this.queue = new RequestQueue(limits.queueTimeout().toNanos());
        this.fleet = new Fleet(this, target, around);
        this.executions = new Executions(fleet, limits.timeout().toNanos());
        this.backoff = new Backoff(around.ticker().nanos());
        this.alarm = new Alarm(around.timers(), this::tick);
    }

    Target target() {
        return target;
    }

    /** Runs one event under the lock, then what came of it. */
    private void happen(Event event) {
        Turn turn;
        lock.lock();
        try {
            turn = new Turn(around.ticker().nanos());
            event.happen(turn);
            alarm.set(turn.now, nextWake(turn.now));
        } finally {
            lock.unlock();
        }
        if (!turn.effects().isEmpty()) {
            around.perform().accept(turn.effects());
        }
    }

    @FunctionalInterface
    private interface Event {
        void happen(Turn turn);
    }

    /** Looks at what is there. */
    private <T> T look(Supplier<T> at) {
        lock.lock();
        try {
            return at.get();
        } finally {
            lock.unlock();
        }
    }

    // --- requests

    void admit(Invocation invocation) {
        happen(turn -> {
            if (closed != null) {
                refuse(invocation, closed, turn);
                return;
            }
            var free = queue.isEmpty() ? fleet.free(concurrency()) : null;
            if (free != null) {
                executions.dispatch(invocation, free, turn);
            } else if (queue.size() < limits.queue() + (long) room() * concurrency()) {
                queue.add(invocation);
                scale(turn);
            } else {
                makeWay(invocation, turn);
            }
        });
    }

    /** The queue is full. */
    private void makeWay(Invocation newcomer, Turn turn) {
        var problem = told.busy(fleet.serving(), queue.size());
        var yielding = queue.yielding(newcomer);
        if (yielding.isPresent()) {
            queue.remove(yielding.get());
            queue.add(newcomer);
        }
        refuse(yielding.orElse(newcomer), problem, turn);
    }

    private void refuse(Invocation invocation, Problem problem, Turn turn) {
        around.books()
                .refused(invocation.id, invocation.request, problem, (turn.now - invocation.acceptedNanos) / 1000);
        turn.add(new Effect.Answer(
                invocation.answer, new Admission.Refused(invocation.id, problem, RETRY_AFTER_SECONDS)));
    }

    /** Called after everything that may have made a slot free, or a further instance worth its while. */
    private void serveWaiting(Turn turn) {
        while (!queue.isEmpty()) {
            var free = fleet.free(concurrency());
            if (free == null) {
                break;
            }
            executions.dispatch(queue.take(), free, turn);
        }
        scale(turn);
    }

    private int concurrency() {
        return limits.concurrencyFor(mode != null ? mode : assumedMode());
    }

    private ServingMode assumedMode() {
        return target.function().entrypoint().kind().assumedMode();
    }

    /** How many more instances could serve than do. */
    private int room() {
        return Math.max(0, limits.maxInstances() - fleet.serving());
    }

    // --- what the gateway says

    void onAbort(Invocation invocation, Consumer<Problem> listener) {
        happen(turn -> {
            invocation.listener = listener;
            if (invocation.cut != null) {
                turn.add(new Effect.Abort(listener, invocation.cut.problem()));
            }
        });
    }

    void finished(Invocation invocation, Outcome outcome, int status, long bytesIn, long bytesOut) {
        happen(turn -> {
            if (invocation.response == null && !invocation.released) {
                invocation.response = new Invocation.Response(outcome, status, bytesIn, bytesOut, turn.now);
                settle(invocation, turn);
            }
        });
    }

    private void settle(Invocation invocation, Turn turn) {
        if (executions.settle(invocation, turn)) {
            serveWaiting(turn);
        }
    }

    boolean notStarted(Invocation invocation) {
        var again = new boolean[1];
        happen(turn -> {
            boolean timedOut = invocation.cut != null && invocation.cut.outcome() == Outcome.TIMEOUT;
            if (invocation.started || invocation.released || invocation.response != null || timedOut) {
                return;
            }
            again[0] = true;
            executions.cancel(invocation, turn.now);
            // Whoever could not be reached is not asked again.
            fleet.retire(invocation.instance(), true, turn);
            serveWaiting(turn);
        });
        return again[0];
    }

    // --- what the instance says

    /** Whoever it is started for may connect while it loads, unless each connection to it carries one request only. */
    void reachable(Instance instance, String address) {
        if (!assumedMode().keepsAlive()) {
            return;
        }
        happen(turn -> {
            if (instance.state instanceof Starting) {
                queue.inOrder().stream()
                        .filter(each -> each.id.equals(instance.cause))
                        .forEach(each -> turn.add(new Effect.Coming(each.coming, address)));
            }
        });
    }

    void started(Instance instance, long id) {
        happen(turn -> {
            var invocation = instance.active.get(id);
            if (invocation != null) {
                invocation.started = true;
            }
        });
    }

    void ended(Instance instance, long id) {
        happen(turn -> {
            var invocation = instance.active.get(id);
            if (invocation != null) {
                invocation.started = true;
                invocation.ended(turn.now);
                settle(invocation, turn);
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
        happen(turn -> {
            if (instance.state instanceof Starting) {
                instance.exitBeforeReady = status;
                around.books().unmetered(target, instance.id, cpuMicros);
            } else if (fleet.exited(instance)) {
                executions.crashed(instance, told.crashed(status, instance.killSent), turn);
                instance.meter().exited(cpuMicros);
                serveWaiting(turn);
            }
        });
    }

    // --- starts

    private void scale(Turn turn) {
        if (closed != null || queue.isEmpty()) {
            return;
        }
        switch (ScaleDecision.decide(snapshot(turn.now))) {
            case ScaleDecision.Stay stay -> {}
            case ScaleDecision.Later later -> {}
            case ScaleDecision.Start(int count, String reason) -> {
                // Each new one is for the requests that those on their way leave waiting.
                var causes = queue.inOrder().stream()
                        .skip((long) fleet.starting() * concurrency())
                        .toList();
                for (int i = 0; i < count; i++) {
                    int first = Math.min(i * concurrency(), causes.size() - 1);
                    fleet.start(causes.isEmpty() ? null : causes.get(first), reason, turn);
                }
            }
        }
    }

    private PoolSnapshot snapshot(long now) {
        return new PoolSnapshot(
                queue.size(),
                executions.soonFree(now),
                fleet.starting(),
                fleet.serving(),
                concurrency(),
                limits.maxInstances(),
                backoff.failing(),
                backoff.remaining(now));
    }

    /** @param baseline its CPU counter now */
    void ready(Instance instance, ProvidedInstance provided, long baseline) {
        happen(turn -> {
            if (instance.exitBeforeReady != null) {
                startFailed(instance, told.crashed(instance.exitBeforeReady, false), turn);
                return;
            }
            mode = provided.mode();
            executions.mode(mode);
            backoff.succeeded();
            fleet.ready(instance, provided, baseline, turn.now);
            if (closed != null) {
                fleet.retire(instance, false, turn);
            }
            serveWaiting(turn);
        });
    }

    void failed(Instance instance, Problem problem) {
        happen(turn -> startFailed(instance, problem, turn));
    }

    private void startFailed(Instance instance, Problem problem, Turn turn) {
        fleet.startFailed(instance);
        backoff.failed(turn.now);
        for (var invocation : victims(instance)) {
            queue.remove(invocation);
            long waited = (turn.now - invocation.acceptedNanos) / 1000;
            long init = invocation.overlapMicros(instance.startedNanos, turn.now, turn.now);
            around.books().notStarted(invocation, instance.id, waited - init, init, Told.firstLine(problem.message()));
            var cause = instance.cause == null ? invocation.id : instance.cause;
            turn.add(new Effect.Answer(
                    invocation.answer, new Admission.Refused(invocation.id, told.startFailed(problem, cause), 0)));
        }
        serveWaiting(turn);
    }

    /** Those that waited for it: as many as it would have taken, its own cause first; all, if nothing else could take them. */
    private List<Invocation> victims(Instance instance) {
        var waiting = queue.inOrder();
        if (fleet.serving() + fleet.starting() == 0) {
            return waiting;
        }
        var victims = new ArrayList<Invocation>();
        waiting.stream().filter(each -> each.id.equals(instance.cause)).forEach(victims::add);
        waiting.stream()
                .filter(each -> !each.id.equals(instance.cause))
                .limit(Math.max(0, concurrency() - victims.size()))
                .forEach(victims::add);
        return victims;
    }

    // --- time

    private void tick() {
        happen(turn -> {
            alarm.rang();
            for (var late = queue.expired(turn.now); late.isPresent(); late = queue.expired(turn.now)) {
                queue.remove(late.get());
                refuse(late.get(), told.waitedTooLong(), turn);
            }
            executions.tidy(told.timedOut(), turn);
            if (turn.now >= closedUntil) {
                cutOff(turn);
            }
            fleet.tidy(turn);
            serveWaiting(turn);
        });
    }

    private long nextWake(long now) {
        long next = Math.min(closedUntil, Math.min(executions.nextWake(now, !queue.isEmpty()), fleet.nextWake()));
        return queue.isEmpty() ? next : Math.min(next, Math.min(queue.nextDeadline(), backoff.wake(now)));
    }

    // --- the end, and the look from outside

    /** From now on everything is refused with {@code why}; what runs may finish for a while, idle instances leave. */
    void close(Problem why) {
        happen(turn -> {
            if (closed == null) {
                closedUntil = turn.now + around.settings().drainTimeout().toNanos();
            }
            closed = why;
            while (!queue.isEmpty()) {
                refuse(queue.take(), why, turn);
            }
            for (var instance : fleet.all()) {
                fleet.retire(instance, false, turn);
                if (instance.starter != null) {
                    instance.starter.interrupt();
                }
            }
        });
    }

    /** Nothing may run any longer. */
    private void cutOff(Turn turn) {
        closedUntil = Alarm.NEVER;
        var problem =
                told.cutOff(Objects.requireNonNull(closed), around.settings().drainTimeout());
        for (var instance : fleet.all()) {
            if (!instance.active.isEmpty()) {
                fleet.retire(instance, true, turn);
                for (var invocation : List.copyOf(instance.active.values())) {
                    executions.end(invocation, problem, Outcome.FAILED, turn);
                }
                fleet.leave(instance, turn);
            }
        }
    }

    /** Ends what is left. */
    void killAll() {
        happen(fleet::killAll);
    }

    /** Ends invocations that the gateway has not told the end of. */
    void cutAll() {
        happen(executions::cutAll);
    }

    /** The thread that starts it, so that closing can interrupt it. */
    boolean starting(Instance instance, Thread thread) {
        return look(() -> {
            instance.starter = thread;
            return closed == null;
        });
    }

    boolean isEmpty() {
        return look(() -> fleet.isEmpty() && queue.isEmpty());
    }

    /** Closed, and nothing left to do. */
    boolean over() {
        return look(() -> closed != null && fleet.isEmpty() && executions.isEmpty());
    }

    /** The depth that a call by {@code instance} adds to; 0 once it is gone. */
    int depth(InstanceId instance) {
        return look(() -> fleet.depth(instance));
    }

    List<InstanceView> views() {
        return look(() -> fleet.views(around.ticker().nanos()));
    }
}
