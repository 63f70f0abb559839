package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Draining;
import dev.mayfly.engine.InstanceState.Gone;
import dev.mayfly.engine.InstanceState.Idle;
import dev.mayfly.engine.InstanceState.Serving;
import dev.mayfly.engine.InstanceState.Starting;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The requests of one function that have a slot: from when they got it until they are over on both sides, the gateway's and the worker's, or
 * were ended from here. The pool's, under its lock.
 */
final class Executions {
    /** How long after a response its slot is expected to be free before another instance is started instead. */
    static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
    /** How long after a response `started` may still arrive; then the worker answered by itself. */
    static final long UNSTARTED_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** How long the gateway may take to tell the end of an invocation that was ended here. */
    static final long CUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Fleet fleet;
    private final Experience experience;
    private final long timeoutNanos;
    /** In order of dispatch, which is the order of their deadlines: the timeout is the same for all. */
    private Set<Invocation> running = new LinkedHashSet<>();
    /** Those whose end is known on one side only. */
    private Set<Invocation> settling = new LinkedHashSet<>();

    /** No later than when one of those is due. Found anew only when some were looked at: each event would have to go through all. */
    private long dueAt = Alarm.NEVER;
    /** The same of when their slots were expected to be free: it counts where somebody waits for one. */
    private long expectedAt = Alarm.NEVER;

    private final PermitHolder permits;
    /** How many have a slot. */
    private int open;

    private ServingMode mode = ServingMode.HANDLER;

    Executions(Fleet fleet, Experience experience, PermitHolder permits, long timeoutNanos) {
        this.permits = permits;
        this.fleet = fleet;
        this.experience = experience;
        this.timeoutNanos = timeoutNanos;
    }

    /** What the instances turned out to serve: it says when a request is over. */
    void mode(ServingMode known) {
        mode = known;
    }

    boolean isEmpty() {
        return running.isEmpty() && settling.isEmpty();
    }

    /** Gives {@code instance}, which has a free slot, a request. */
    void dispatch(Invocation invocation, Instance instance, Turn turn) {
        var serving = (Serving) instance.state;
        fleet.move(instance, serving.dispatch());
        instance.lastUsedNanos = turn.now;
        invocation.dispatched(instance, serving.provided(), turn.now, timeoutNanos);
        instance.active.put(invocation.id.value(), invocation);
        running.add(invocation);
        open++;
        instance.meter().opened(invocation.id.value(), turn.now);
        turn.add(new Effect.Answer(invocation.answer, new Admission.Granted(invocation)));
    }

    /** How many have a slot, on whatever instance. */
    int open() {
        return open;
    }

    /** It never reached user code. */
    void cancel(Invocation invocation, Turn turn) {
        invocation.instance().meter().cancelled(invocation.id.value(), turn.now);
        release(invocation, turn);
    }

    /** Releases it if it is over on both sides. Whether it is. */
    boolean settle(Invocation invocation, Turn turn) {
        if (invocation.released) {
            return false;
        }
        var over = invocation.over(mode, turn.now, UNSTARTED_NANOS);
        if (over.isEmpty()) {
            settling.add(invocation);
            wakeFor(invocation, turn.now);
            return false;
        }
        var instance = invocation.instance();
        long end = Math.max(invocation.dispatchedNanos, Math.min(over.getAsLong(), invocation.deadlineNanos));
        instance.meter().closed(invocation, execution(invocation, end), end);
        release(invocation, turn);
        if (invocation.shows(mode)) {
            experience.served(turn.now - invocation.dispatchedNanos);
        }
        fleet.leave(instance, turn);
        return true;
    }

    private static Books.Execution execution(Invocation invocation, long end) {
        var response = invocation.response;
        if (response == null) {
            throw new IllegalStateException(invocation.id + " is over without a response");
        }
        var cut = invocation.cut;
        return new Books.Execution(
                invocation.instance().id,
                end / 1000 - invocation.dispatchedNanos / 1000,
                cut == null ? response.outcome() : cut.outcome(),
                response.status(),
                response.bytesIn(),
                response.bytesOut(),
                cut == null ? "" : Told.firstLine(cut.problem().message()));
    }

    private void release(Invocation invocation, Turn turn) {
        var instance = invocation.instance();
        long now = turn.now;
        open--;
        permits.release(turn);
        invocation.released = true;
        running.remove(invocation);
        settling.remove(invocation);
        instance.active.remove(invocation.id.value());
        instance.remember(invocation.id.value());
        instance.lastUsedNanos = now;
        instance.lastDepth = invocation.depth;
        switch (instance.state) {
            case InstanceState.Busy busy -> fleet.move(instance, busy.release(now));
            case Draining draining -> fleet.move(instance, draining.release(now));
            case Gone gone -> {}
            case Starting starting -> throw new IllegalStateException(instance.id + " has not started");
            case Idle idle -> throw new IllegalStateException(instance.id + " had nothing to release");
        }
    }

    /** Its time is up, or that of its work after the response. */
    void end(Invocation invocation, Problem problem, Outcome outcome, Turn turn) {
        if (invocation.response == null) {
            cut(invocation, problem, outcome, turn);
        } else {
            invocation.cutBackground(turn.now);
            settle(invocation, turn);
        }
    }

    /** Ends it from this side; the gateway is told, and will still say what it sent. */
    private void cut(Invocation invocation, Problem problem, Outcome outcome, Turn turn) {
        if (invocation.cut == null && !invocation.released) {
            invocation.cut = new Invocation.Cut(problem, outcome, turn.now);
            settling.add(invocation);
            wakeFor(invocation, turn.now);
            if (invocation.listener != null) {
                turn.add(new Effect.Abort(invocation.listener, problem));
            }
        }
    }

    /** The instance has gone. */
    void crashed(Instance instance, Problem problem, Turn turn) {
        for (var invocation : List.copyOf(instance.active.values())) {
            // What it has answered the gateway still reads, and finds out by itself if it is not whole.
            if (invocation.response != null || !invocation.hasEnded()) {
                end(invocation, problem, Outcome.FAILED, turn);
            }
        }
    }

    /** Its time is up, and with it that of its instance. */
    void timeOut(Invocation late, Problem timedOut, Turn turn) {
        running.remove(late);
        var instance = late.instance();
        // First of all it takes no new request: what follows makes a slot free.
        fleet.retire(instance, true, turn);
        end(late, timedOut, Outcome.TIMEOUT, turn);
        fleet.leave(instance, turn);
    }

    /** Settles what can be by now. */
    void tidy(Turn turn) {
        for (var each : List.copyOf(settling)) {
            if (each.cut != null && each.response == null && turn.now - each.cut.at() >= CUT_NANOS) {
                answerInstead(each, turn.now);
            }
            settle(each, turn);
        }
        dueAt = Alarm.NEVER;
        expectedAt = Alarm.NEVER;
        for (var each : settling) {
            wakeFor(each, turn.now);
        }
    }

    /** Those whose time is up. */
    List<Invocation> late(long now) {
        var late = new ArrayList<Invocation>();
        for (var each : running) {
            if (now < each.deadlineNanos) {
                break;
            }
            late.add(each);
        }
        return late;
    }

    /** Ends all that the gateway has not told the end of. */
    void cutAll(Turn turn) {
        var open = new LinkedHashSet<>(running);
        open.addAll(settling);
        for (var each : open) {
            if (!each.released && each.response == null) {
                answerInstead(each, turn.now);
            }
            each.cutBackground(turn.now);
            settle(each, turn);
        }
    }

    /** What the gateway would have said. */
    private static void answerInstead(Invocation invocation, long now) {
        var cut = invocation.cut;
        int status = cut == null ? 0 : cut.problem().code().status();
        invocation.response = new Invocation.Response(cut == null ? Outcome.FAILED : cut.outcome(), status, 0, 0, now);
    }

    /** Slots that are about to be free: the response is complete, only the worker has not said so yet. */
    int soonFree(long now) {
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
        return soonFree;
    }

    /** How many that got their slot before {@code then} have it still, on instances that serve. */
    int runningSince(long then) {
        int count = 0;
        for (var each : running) {
            if (each.dispatchedNanos >= then) {
                break;
            }
            count += each.instance().state instanceof Serving ? 1 : 0;
        }
        return count;
    }

    /** @param waitedFor whether somebody waits for a slot */
    long nextWake(long now, boolean waitedFor) {
        long next = running.isEmpty() ? Alarm.NEVER : running.iterator().next().deadlineNanos;
        next = Math.min(next, dueAt);
        return waitedFor ? Math.min(next, Math.max(now, expectedAt)) : next;
    }

    /** It is looked at again by then. */
    private void wakeFor(Invocation invocation, long now) {
        if (invocation.cut != null) {
            dueAt = Math.min(dueAt, invocation.cut.at() + CUT_NANOS);
            return;
        }
        long expected = invocation.halfOverAt() + SETTLE_NANOS;
        if (expected > now) {
            expectedAt = Math.min(expectedAt, expected);
        }
        if (invocation.response != null && !invocation.started) {
            dueAt = Math.min(dueAt, invocation.response.at() + UNSTARTED_NANOS);
        }
    }

    /** Gives back what room a crowd has left behind. Of none. */
    void shrink() {
        running = new LinkedHashSet<>(2);
        settling = new LinkedHashSet<>(2);
    }
}
