package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Serving;
import dev.mayfly.engine.InstanceState.Starting;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
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
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher of one function of one deployment, and the one owner of its state: the {@link RequestQueue}, the {@link Executions}, the {@link Fleet}
 * and the one timer. Every event takes the lock, changes what is in memory and collects {@link Effect}s, which are carried out after the
 * lock is free; so any thread may call, event loops included.
 *
 * <p>Longer than most files: all events are here, side by side, and what each does is elsewhere.
 */
final class Pool {
    /** An instance serves for so long before it can be the turn of others. */
    private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** And for so many times what it took to start: at most this part of the time is lost to starting. */
    private static final int TURN_STARTS = 10;

    private final Target target;
    private final Limits limits;
    private final Told told;
    private final Surroundings around;
    private final ReentrantLock lock = new ReentrantLock();
    private final RequestQueue queue;
    private final Fleet fleet;
    private final PermitHolder permits;
    private final Executions executions;
    private final Experience experience;
    private final Journal journal;
    private final Scaling scaling;
    private final Refusals refusals;
    private final Alarm alarm;
    private @Nullable ServingMode mode;
    private @Nullable Problem closed;
    /** Of the thread that follows the catalog. */
    private int kept;
    /** Whether this is in the line of those that wait for memory. */
    private boolean waitsForMemory;
    /** When what still runs is ended because this was closed. */
    private long closedUntil = Alarm.NEVER;

    Pool(Target target, Surroundings around) {
        this.target = target;
        this.limits = target.function().limits();
        this.told = new Told(target);
        this.around = around;
        this.queue = new RequestQueue(limits.queueTimeout().toNanos());
        this.fleet = new Fleet(this, target, around);
        this.experience = new Experience(limits.idleTimeout().toNanos());
        this.permits = new PermitHolder(around.permits(), this);
        this.executions =
                new Executions(fleet, experience, permits, limits.timeout().toNanos());
        this.journal = new Journal(target, around.ticker(), around.activity(), experience, queue, fleet);
        this.scaling = new Scaling(this, limits, around, queue, fleet, executions, experience, permits, journal);
        this.refusals = new Refusals(told, around.books(), queue, fleet, permits, journal, scaling::memory);
        this.alarm = new Alarm(around.timers(), this::tick);
    }

    Target target() {
        return target;
    }

    /** Runs one event under the lock, then what came of it. */
    private void happen(Event event) {
        var turn = new Turn();
        try {
            happen(event, turn);
        } finally { // what it did before it failed is done
            if (!turn.effects().isEmpty()) {
                around.perform().accept(turn.effects());
            }
        }
    }

    private void happen(Event event, Turn turn) {
        lock.lock();
        try {
            turn.now = around.ticker().nanos();
            long soonest = turn.now + Autoscaler.SOON; // what fails must not be tried again at once
            try {
                permits.look(executions.open());
                event.happen(turn);
                soonest = turn.now;
            } finally {
                alarm.set(turn.now, Math.max(soonest, nextWake(turn.now)));
            }
        } finally {
            lock.unlock();
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
            journal.asked(invocation, turn.now);
            if (closed != null) {
                refusals.refuse(invocation, closed, Reason.CLOSED, turn);
                return;
            }
            if (permits.off()) {
                refusals.refuse(invocation, told.switchedOff(), Reason.SWITCHED_OFF, turn);
                return;
            }
            experience.arrived(turn.now, queue.size() + fleet.active() + 1);
            var free = queue.isEmpty() ? fleet.free(concurrency()) : null;
            if (free != null && permits.take()) {
                dispatch(Reason.FREE_SLOT, invocation, free, turn);
            } else if (queue.size() < limits.queue() + Math.min((long) room() * concurrency(), permits.room())) {
                queue.add(invocation);
                journal.queued(grow(turn), invocation, turn.now);
            } else {
                refusals.makeWay(invocation, (long) room() * concurrency(), turn);
            }
        });
    }

    /** It was not let in. */
    void refused(Reason reason, InvocationId invocation) {
        happen(turn -> journal.refused(reason, invocation, turn.now));
    }

    private void dispatch(Reason reason, Invocation invocation, Instance instance, Turn turn) {
        executions.dispatch(invocation, instance, turn);
        journal.note(reason, invocation, instance, turn.now);
    }

    /** Called after everything that may have made a slot free, or a further instance worth its while. */
    private void serveWaiting(Turn turn) {
        while (!queue.isEmpty()) {
            var free = fleet.free(concurrency());
            if (free == null || !permits.take()) {
                break;
            }
            var next = queue.take();
            dispatch(Reason.SLOT_AFTER_WAITING, next, free, turn);
            experience.waited(turn.now, next.queueMicros() * 1000);
        }
        if (closed == null) {
            grow(turn);
        }
    }

    /** It waited for a permit, and was granted one, or limits are others now. Who gets what it has no use for, and is to be told. */
    List<Pool> permitted() {
        var next = new ArrayList<Pool>(0);
        happen(turn -> {
            try {
                serveWaiting(turn);
            } finally {
                next.addAll(permits.giveBack());
            }
            rest();
        });
        return next;
    }

    private Reason grow(Turn turn) {
        var reason = scaling.grow(concurrency(), turn);
        if (reason == Reason.NO_MEMORY_FREE) {
            waitsForMemory = true;
            around.headroom().await(this, scaling.memory());
            turn.add(new Effect.MakeRoom());
        } else if (waitsForMemory) {
            waitsForMemory = false;
            around.headroom().forget(this);
        }
        return reason;
    }

    /** What the machine has left is known now. */
    void lookAgain() {
        happen(turn -> {
            scaling.looked();
            serveWaiting(turn);
        });
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
            othersMayWait(turn);
        }
    }

    /** Its client has left before anything was sent. */
    void giveUp(Invocation invocation) {
        happen(turn -> {
            if (queue.remove(invocation)) {
                around.books().left(invocation, (turn.now - invocation.acceptedNanos) / 1000);
                serveWaiting(turn);
            } else if (invocation.holdsSlot() && !invocation.started && invocation.response == null) {
                var instance = invocation.instance();
                executions.cancel(invocation, turn);
                around.books().left(invocation, invocation.waitedMicros());
                fleet.leave(instance, turn);
                serveWaiting(turn);
            }
        });
    }

    boolean notStarted(Invocation invocation) {
        var again = new boolean[1];
        happen(turn -> {
            boolean timedOut = invocation.cut != null && invocation.cut.outcome() == Outcome.TIMEOUT;
            if (invocation.started || invocation.released || invocation.response != null || timedOut) {
                return;
            }
            again[0] = true;
            journal.note(Reason.NOT_REACHED, invocation, invocation.instance(), turn.now);
            journal.note(Reason.UNREACHABLE, invocation.instance(), turn.now);
            executions.cancel(invocation, turn);
            // Whoever could not be reached is not asked again. It may be on its way out, with what it still has to do.
            fleet.retire(invocation.instance(), false, turn);
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
            boolean unasked = instance.state instanceof Serving;
            if (instance.state instanceof Starting) {
                instance.exitBeforeReady = status;
                around.books().unmetered(target, instance.id, cpuMicros);
            } else if (fleet.exited(instance)) {
                if (instance.letGo || around.headroom().awaited()) {
                    turn.add(new Effect.Gone(instance));
                }
                if (unasked) {
                    journal.note(Reason.CRASHED, instance, turn.now);
                }
                executions.crashed(instance, told.crashed(status, instance.killSent), turn);
                instance.meter().exited(cpuMicros);
                experience.used(instance.meter().memory());
                serveWaiting(turn);
                rest();
            }
        });
    }

    /** With the last instance goes what was only needed to run any. */
    private void rest() {
        if (fleet.isEmpty() && queue.isEmpty() && executions.isEmpty()) {
            queue.shrink();
            executions.shrink();
            experience.rest();
            permits.rest();
        }
    }

    // --- starts

    /** @param baseline its CPU counter now */
    void ready(Instance instance, ProvidedInstance provided, long baseline) {
        happen(turn -> {
            if (!(instance.state instanceof Starting)) { // it was given up
                turn.add(new Effect.Kill(provided));
                return;
            }
            if (instance.exitBeforeReady != null) {
                startFailed(instance, told.crashed(instance.exitBeforeReady, false), turn);
                return;
            }
            mode = provided.mode();
            executions.mode(mode);
            fleet.ready(instance, provided, baseline, turn.now);
            scaling.ready(instance, turn.now);
            if (closed != null) {
                retire(Reason.CLOSING, instance, turn);
            }
            serveWaiting(turn);
            othersMayWait(turn);
        });
    }

    void failed(Instance instance, Problem problem) {
        happen(turn -> {
            if (instance.state instanceof Starting) {
                startFailed(instance, problem, turn);
            }
        });
    }

    /** Whoever starts it may have been lost. */
    private void giveUpStart(Instance instance, Turn turn) {
        if (instance.starter != null) {
            instance.starter.interrupt();
        }
        startFailed(instance, told.startTookTooLong(around.settings().startDeadline()), turn);
    }

    private void startFailed(Instance instance, Problem problem, Turn turn) {
        fleet.startFailed(instance);
        scaling.failed(turn.now);
        refusals.startFailed(instance, problem, turn);
        serveWaiting(turn);
        othersMayWait(turn);
        rest();
    }

    // --- time

    private void tick() {
        happen(turn -> {
            alarm.rang();
            refusals.expire(turn);
            for (var late : executions.late(turn.now)) {
                journal.note(Reason.TIMED_OUT, late.instance(), turn.now);
                executions.timeOut(late, told.timedOut(), turn);
            }
            executions.tidy(turn);
            if (turn.now >= closedUntil) {
                cutOff(turn);
            }
            for (var idle = fleet.idled(turn.now); idle.isPresent(); idle = fleet.idled(turn.now)) {
                retire(Reason.IDLE, idle.get(), turn);
            }
            for (var late = fleet.overdueStart(turn.now); late.isPresent(); late = fleet.overdueStart(turn.now)) {
                giveUpStart(late.get(), turn);
            }
            fleet.tidy(turn);
            scaling.shrink(concurrency(), turn);
            serveWaiting(turn);
            rest();
        });
    }

    private void retire(Reason reason, Instance instance, Turn turn) {
        journal.note(reason, instance, turn.now);
        fleet.retire(instance, false, turn);
    }

    private long nextWake(long now) {
        long next = Math.min(closedUntil, executions.nextWake(now, !queue.isEmpty()));
        next = Math.min(next, Math.min(fleet.nextWake(), scaling.nextWake(concurrency(), now)));
        return queue.isEmpty() ? next : Math.min(next, queue.nextDeadline());
    }

    // --- where aliases lead

    /** So many instances are kept, from now on; those that are missing are started. */
    void keep(int floor) {
        if (floor != kept) { // asked of each function with each change of the catalog
            kept = floor;
            happen(turn -> {
                fleet.keep(floor, turn.now);
                scaling.kept(turn.now);
                serveWaiting(turn);
            });
        }
    }

    /** An alias will lead here in a moment: starts what so many requests at once need and is missing, and no fewer instances than {@code least}. */
    void ahead(int requests, int least) {
        happen(turn -> scaling.ahead(instancesFor(requests, least), turn));
    }

    /** Whether there are so many, or waiting for them is of no use. */
    boolean isAhead(int requests, int least) {
        return look(() -> closed != null
                || fleet.serving() >= instancesFor(requests, least)
                || (fleet.starting() == 0 && !scaling.willStartAhead()));
    }

    /** Whether there are as many already. */
    boolean has(int requests, int least) {
        return look(() -> fleet.serving() >= instancesFor(requests, least));
    }

    private int instancesFor(int requests, int least) {
        return Math.min(limits.maxInstances(), Math.max(least, Math.ceilDiv(requests, concurrency())));
    }

    /** The most requests that waited and ran at once of late. */
    int demand() {
        return look(() -> experience.lately(around.ticker().nanos(), queue.size() + fleet.active()));
    }

    // --- memory for others

    /** Called after whatever may have left memory for other functions. */
    private void othersMayWait(Turn turn) {
        if (around.headroom().awaited()) {
            turn.add(new Effect.MakeRoom());
        }
    }

    /** Those that have nothing to do and may go. */
    List<Evictable> idle() {
        return fleet.hasNone() ? List.of() : look(() -> fleet.idle(scaling.memory(), experience.coldStart()));
    }

    /** Bytes that one more instance would use. */
    long expected() {
        return look(scaling::memory);
    }

    /** Something was decided for it elsewhere. */
    void note(Reason reason) {
        happen(turn -> journal.note(reason, turn.now));
    }

    /** How many instances take requests, as far as can be seen without the lock. */
    int serving() {
        return fleet.serving();
    }

    /** Whether it has no instance at all. */
    boolean hasNone() {
        return fleet.hasNone();
    }

    /** The one that has served for longest, if it has done so for much longer than another would take to start. */
    Optional<Evictable> longestServing() {
        return look(() -> {
            long turn = Math.max(TURN_NANOS, TURN_STARTS * experience.coldStart());
            long before = around.ticker().nanos() - turn;
            return fleet.longestServing(before, scaling.memory(), experience.coldStart());
        });
    }

    /** Lets it go for its memory, if it still has nothing to do, or as soon as it has. */
    boolean letGo(Instance instance, Reason reason) {
        var done = new boolean[1];
        happen(turn -> {
            if (fleet.mayGo(instance, reason == Reason.TURN_OF_OTHERS)) {
                done[0] = true;
                instance.letGo = true;
                retire(reason, instance, turn);
            }
        });
        return done[0];
    }

    // --- the end, and the look from outside

    /** From now on everything is refused with {@code why}; what runs may finish for a while, idle instances leave. */
    void close(Problem why) {
        happen(turn -> {
            if (closed == null) {
                closedUntil = turn.now + around.settings().drainTimeout().toNanos();
            }
            closed = why;
            refusals.close(why, turn);
            scaling.close();
            for (var instance : fleet.all()) {
                retire(Reason.CLOSING, instance, turn);
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

    /** Whether anybody waits for it, runs on it, or could at once. */
    boolean inUse() {
        return look(() -> !fleet.isEmpty() || !queue.isEmpty() || !executions.isEmpty());
    }

    /** Closed, and nothing left to do. */
    boolean over() {
        return look(() -> closed != null && fleet.isEmpty() && executions.isEmpty());
    }

    /** The depth that a call by {@code instance} adds to; 0 once it is gone. */
    int depth(InstanceId instance) {
        return look(() -> fleet.depth(instance));
    }

    /** Requests that wait. */
    int waiting() {
        return look(queue::size);
    }

    List<InstanceView> views() {
        return look(() -> fleet.views(around.ticker().nanos()));
    }

    FunctionState state() {
        return look(journal::state);
    }

    /**
     * What was decided lately.
     *
     * @param only of the request with this number; 0: of all
     */
    List<Decision> decisions(long only) {
        return look(() -> journal.read(only));
    }
}
