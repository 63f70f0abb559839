package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Serving;
import dev.mayfly.model.Limits;
import java.util.Comparator;

/** Does what the {@link ScalingPolicy} decides. The pool's, under its lock. */
final class Scaling {
    /** An instance is expected to use this part of what it may, until the machine says otherwise. */
    private static final int PART_OF_MEMORY = 8;
    /** So few processors are too few to tell how much a request would use. */
    private static final double CROWDED = 0.5;

    private final Limits limits;
    private final Machine machine;
    private final ScalingPolicy policy;
    private final RequestQueue queue;
    private final Fleet fleet;
    private final Executions executions;
    private final Experience experience;
    private final Journal journal;
    private final Backoff backoff;
    private long askAgain = Alarm.NEVER;

    Scaling(
            Limits limits,
            Surroundings around,
            RequestQueue queue,
            Fleet fleet,
            Executions executions,
            Experience experience,
            Journal journal) {
        this.limits = limits;
        this.machine = around.machine();
        this.policy = around.policy();
        this.queue = queue;
        this.fleet = fleet;
        this.executions = executions;
        this.experience = experience;
        this.journal = journal;
        this.backoff = new Backoff(around.ticker().nanos());
    }

    /** Starts what pays for those that wait. Called after whatever may have changed that. Why there is not one more. */
    Reason grow(int concurrency, Turn turn) {
        askAgain = Alarm.NEVER;
        if (queue.isEmpty()) {
            journal.holdsNoMore();
            return Reason.FREE_SLOT;
        }
        // A crowd at the limit is not worth a snapshot with each event.
        var decision = fleet.serving() + fleet.starting() >= limits.maxInstances()
                ? new ScaleDecision.Stay(Reason.MOST_INSTANCES)
                : policy.grow(snapshot(concurrency, turn.now));
        switch (decision) {
            case ScaleDecision.Stay stay -> hold(stay.reason(), turn.now);
            case ScaleDecision.Later(long nanos, Reason reason) -> {
                askAgain = turn.now + nanos;
                hold(reason, turn.now);
            }
            case ScaleDecision.Start(int count, Reason reason) -> start(count, reason, concurrency, turn);
            case ScaleDecision.Drain drain ->
                throw new IllegalStateException(drain + " (expected: not of those that wait)");
        }
        return decision.reason();
    }

    private void hold(Reason reason, long now) {
        if (reason.kind() == Reason.Kind.THROTTLE) {
            journal.hold(reason, now);
        }
    }

    private void start(int count, Reason reason, int concurrency, Turn turn) {
        // Each new one is for the requests that those on their way leave waiting.
        var causes = queue.inOrder();
        int first = fleet.starting() * concurrency;
        for (int i = 0; i < count; i++) {
            var cause = causes.get(Math.min(first + i * concurrency, causes.size() - 1));
            var instance = fleet.start(cause, words(reason), turn);
            journal.note(reason, instance, turn.now);
        }
        journal.holdsNoMore();
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
        return concurrency > 1 && fleet.serving() > Math.max(1, limits.minInstances());
    }

    private PoolSnapshot snapshot(int concurrency, long now) {
        var room = machine.room();
        int demand = queue.size() + fleet.active();
        experience.computed(fleet.cpuShare(experience.cpu()), room.processors() < CROWDED);
        return new PoolSnapshot(
                new PoolSnapshot.Demand(
                        queue.size(),
                        queue.longestWait(now),
                        executions.soonFree(now),
                        fleet.active(),
                        executions.runningSince(now - Autoscaler.OVERDUE * experience.service()),
                        experience.arrivalsPerSecond(now),
                        experience.peak(now, demand),
                        experience.waited(now)),
                new PoolSnapshot.Supply(fleet.starting(), fleet.serving(), concurrency),
                new PoolSnapshot.Budget(
                        limits.minInstances(),
                        limits.maxInstances(),
                        backoff.failing(),
                        backoff.remaining(now),
                        limits.memory() / PART_OF_MEMORY,
                        limits.cpu()),
                new PoolSnapshot.Shown(experience.service(), experience.coldStart(), experience.cpu()),
                room);
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
