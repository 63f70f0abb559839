package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Serving;
import dev.mayfly.model.Limits;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;

/** Does what the {@link ScalingPolicy} decides. The pool's, under its lock. */
final class Scaling {
    /** An instance is expected to use this part of what it may, until one has shown what it uses. */
    static final int PART_OF_MEMORY = 8;
    /** So few processors are too few to tell how much a request would use. */
    private static final double CROWDED = 0.5;
    /** What crashes again and again is replaced no more often. */
    private static final long KEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Pool pool;
    private final Limits limits;
    private final Headroom headroom;
    private final ScalingPolicy policy;
    private final RequestQueue queue;
    private final Fleet fleet;
    private final Executions executions;
    private final Experience experience;
    private final PermitHolder permits;
    private final Journal journal;
    private final Backoff backoff;
    private long askAgain = Alarm.NEVER;
    private boolean closed;
    /** Until then somebody looks what the machine has left. */
    private long lookingUntil = Long.MIN_VALUE;
    /** When that was begun last: it is a part of the start that it is for. */
    private long lookedAt = Long.MIN_VALUE / 2;
    /** How many will be needed in a moment; 0: that is seen to. */
    private int ahead;
    /** When another number was to be kept last. */
    private long changedAt = Long.MIN_VALUE / 2;
    /** When those that are kept were made up for last. */
    private long keptAt = Long.MIN_VALUE / 2;

    Scaling(
            Pool pool,
            Limits limits,
            Surroundings around,
            RequestQueue queue,
            Fleet fleet,
            Executions executions,
            Experience experience,
            PermitHolder permits,
            Journal journal) {
        this.pool = pool;
        this.limits = limits;
        this.headroom = around.headroom();
        this.policy = around.policy();
        this.queue = queue;
        this.fleet = fleet;
        this.executions = executions;
        this.experience = experience;
        this.permits = permits;
        this.journal = journal;
        this.backoff = new Backoff(around.ticker().nanos());
    }

    /** Starts what pays for those that wait. Called after whatever may have changed that. Why there is not one more. */
    Reason grow(int concurrency, Turn turn) {
        askAgain = Alarm.NEVER;
        if (queue.isEmpty()) {
            journal.holdsNoMore();
            return keepUp(turn) ? Reason.FREE_SLOT : Reason.NO_MEMORY_FREE;
        }
        var reason = growFor(concurrency, turn);
        journal.decided(reason);
        return reason;
    }

    /** For those that wait. */
    private Reason growFor(int concurrency, Turn turn) {
        // A crowd at a limit is not worth a snapshot with each event.
        var full = permits.full();
        if (full != null) {
            return hold(full.scope().waits(), turn.now);
        }
        var decision = fleet.serving() + fleet.starting() >= limits.maxInstances()
                ? new ScaleDecision.Stay(Reason.MOST_INSTANCES)
                : policy.grow(snapshot(concurrency, turn.now));
        return switch (decision) {
            case ScaleDecision.Stay(var reason)
            when reason == Reason.INSTANCE_ON_ITS_WAY && experience.coldStart() > 0 ->
                later(patience(), reason, turn.now); // it may be stuck by then
            case ScaleDecision.Stay stay -> hold(stay.reason(), turn.now);
            case ScaleDecision.Later(long nanos, Reason reason) -> later(nanos, reason, turn.now);
            case ScaleDecision.Start(int count, Reason reason) -> start(count, reason, concurrency, turn);
            case ScaleDecision.Drain drain ->
                throw new IllegalStateException(drain + " (expected: not of those that wait)");
        };
    }

    /** Of those that are to be kept, or that will be needed in a moment, what is missing is started. False: there is no memory for some of them. */
    private boolean keepUp(Turn turn) {
        int missing = Math.max(fleet.floor(), ahead) - fleet.serving() - fleet.starting();
        if (closed || missing <= 0) {
            ahead = 0;
            return true;
        }
        long earliest = Math.max(keptAt + KEEP_NANOS, turn.now + backoff.remaining(turn.now));
        if (earliest > turn.now) {
            askAgain = earliest;
        } else if (!fresh(turn.now)) {
            askAgain = turn.now + Autoscaler.SOON;
        } else {
            var reason = ahead > fleet.floor() ? Reason.AHEAD : Reason.KEPT;
            ahead = 0;
            if (!add(backoff.failing() ? 1 : missing, reason, turn)) {
                askAgain = turn.now + Autoscaler.SOON;
                return false;
            }
            keptAt = turn.now;
        }
        return true;
    }

    /** So many will be needed in a moment. */
    void ahead(int count, Turn turn) {
        ahead = count;
        keepUp(turn);
    }

    /** Whether what is missing of those is still to be started. */
    boolean willStartAhead() {
        return ahead > 0;
    }

    /** For nobody in particular. False: there is no memory for some of them. */
    private boolean add(int count, Reason reason, Turn turn) {
        for (int i = 0; i < count; i++) {
            if (!headroom.take(pool, memory())) {
                return false;
            }
            journal.note(reason, fleet.start(null, reason.words(), memory(), turn.now, turn), turn.now);
        }
        return true;
    }

    /** From now on another number is kept: what is missing is not what crashed, unless that changes all the time. */
    void kept(long now) {
        if (now - changedAt >= KEEP_NANOS) {
            keptAt = now - KEEP_NANOS;
        }
        changedAt = now;
    }

    /** Nobody waits any longer, nor will: there is nothing to ask. */
    void close() {
        closed = true;
        askAgain = Alarm.NEVER;
    }

    private Reason later(long nanos, Reason reason, long now) {
        askAgain = now + nanos;
        return hold(reason, now);
    }

    private Reason hold(Reason reason, long now) {
        if (reason.kind() == Reason.Kind.THROTTLE) {
            journal.hold(reason, now);
        }
        return reason;
    }

    private Reason start(int count, Reason reason, int concurrency, Turn turn) {
        if (!fresh(turn.now)) {
            return later(Autoscaler.SOON, reason, turn.now); // by then at the latest
        }
        // Each new one is for the requests that those on their way leave waiting.
        var causes = queue.inOrder();
        int first = (fleet.starting() - stuck(turn.now)) * concurrency;
        long since = turn.now - lookedAt <= Autoscaler.SOON ? lookedAt : turn.now;
        lookedAt = Long.MIN_VALUE / 2;
        for (int i = 0; i < count; i++) {
            var cause = causes.get(Math.min(first + i * concurrency, causes.size() - 1));
            if (!headroom.take(pool, memory())) { // another function was quicker
                return later(Autoscaler.SOON, i == 0 ? Reason.NO_MEMORY_FREE : reason, turn.now);
            }
            var instance = fleet.start(cause, words(reason), memory(), since, turn);
            journal.note(reason, instance, turn.now);
        }
        journal.holdsNoMore();
        if (experience.coldStart() > 0) {
            askAgain = turn.now + patience();
        }
        return reason;
    }

    /** Whether it is known what the machine has left; where not that is asked for, once, however much happens meanwhile. */
    private boolean fresh(long now) {
        if (now < lookingUntil) {
            return false;
        }
        boolean fresh = headroom.fresh(pool::lookAgain);
        if (!fresh) {
            lookedAt = now;
            lookingUntil = now + Autoscaler.SOON;
        }
        return fresh;
    }

    /** It is known now. */
    void looked() {
        lookingUntil = Long.MIN_VALUE;
    }

    /** What one more instance is expected to use: what others of it did, or a guess until one did. */
    long memory() {
        long seen = experience.memory();
        return seen > 0 ? Math.min(seen, limits.memory()) : limits.memory() / PART_OF_MEMORY;
    }

    private String words(Reason reason) {
        if (reason == Reason.NO_INSTANCE) {
            return reason.words();
        }
        return queue.size() == 1 ? "1 request waited" : queue.size() + " requests waited";
    }

    /** Lets go of what was not needed for long, though its requests were spread over all. */
    void shrink(int concurrency, Turn turn) {
        if (!spread(concurrency)) {
            return;
        }
        if (policy.shrink(snapshot(concurrency, turn.now)) instanceof ScaleDecision.Drain(int count, Reason reason)) {
            fleet.all().stream()
                    .filter(each -> each.state instanceof Serving)
                    .sorted(Comparator.<Instance>comparingInt(each -> each.active.size())
                            .thenComparingLong(each -> each.lastUsedNanos))
                    .limit(count)
                    .forEach(each -> {
                        journal.note(reason, each, turn.now);
                        fleet.retire(each, false, turn);
                    });
        }
    }

    /** Where an instance takes one request at a time, those that are not needed are idle, and go for that. */
    private boolean spread(int concurrency) {
        return concurrency > 1 && fleet.serving() > Math.max(1, fleet.floor());
    }

    private PoolSnapshot snapshot(int concurrency, long now) {
        var room = headroom.room(pool);
        int demand = queue.size() + fleet.active();
        experience.used(fleet.memory());
        experience.computed(fleet.cpuShare(experience.cpu()), room.processors() < CROWDED);
        return new PoolSnapshot(
                new PoolSnapshot.Demand(
                        Math.min(queue.size(), permits.room()),
                        queue.longestWait(now),
                        executions.soonFree(now),
                        fleet.active(),
                        executions.runningSince(now - Autoscaler.OVERDUE * experience.service()),
                        experience.arrivalsPerSecond(now),
                        experience.peak(now, demand),
                        experience.waited(now)),
                new PoolSnapshot.Supply(fleet.starting(), stuck(now), fleet.serving(), concurrency),
                new PoolSnapshot.Budget(
                        fleet.floor(),
                        limits.maxInstances(),
                        backoff.failing(),
                        backoff.remaining(now),
                        memory(),
                        limits.cpu()),
                new PoolSnapshot.Shown(experience.service(), experience.coldStart(), experience.cpu()),
                room);
    }

    /** Of a function that never started before nobody knows how long it takes. */
    private int stuck(long now) {
        return experience.coldStart() == 0 ? 0 : fleet.startingSince(now - patience());
    }

    /** After which a start counts as stuck, in nanoseconds. */
    private long patience() {
        return Math.max(Autoscaler.STUCK_AT_LEAST, Autoscaler.STUCK * experience.coldStart());
    }

    void ready(Instance instance, long now) {
        backoff.succeeded();
        experience.started(now - instance.startedNanos);
    }

    void failed(long now) {
        backoff.failed(now);
    }

    long nextWake(int concurrency, long now) {
        return spread(concurrency) ? Math.min(askAgain, experience.nextPeriod(now)) : askAgain;
    }
}
