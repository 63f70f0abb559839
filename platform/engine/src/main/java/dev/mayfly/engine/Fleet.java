package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Busy;
import dev.mayfly.engine.InstanceState.Draining;
import dev.mayfly.engine.InstanceState.Gone;
import dev.mayfly.engine.InstanceState.Idle;
import dev.mayfly.engine.InstanceState.Serving;
import dev.mayfly.engine.InstanceState.Starting;
import dev.mayfly.model.InstanceId;
import dev.mayfly.provider.ProvidedInstance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The instances of one function: which there are, which one takes a request, how they come and go. The pool's, under its lock. */
final class Fleet {
    private final Pool pool;
    private final Target target;
    private final Surroundings around;
    private final List<Instance> instances = new ArrayList<>(2);
    private int starting;
    private int serving;
    private int active;
    private int floor;
    /** Before that those that idled were kept. */
    private long keptUntil = Long.MIN_VALUE;

    Fleet(Pool pool, Target target, Surroundings around) {
        this.pool = pool;
        this.target = target;
        this.around = around;
    }

    int starting() {
        return starting;
    }

    /** Instances that take requests. */
    int serving() {
        return serving;
    }

    /** Requests that those have. */
    int active() {
        return active;
    }

    boolean isEmpty() {
        return instances.isEmpty();
    }

    /** As they are now: they may come and go while it is looked through. */
    List<Instance> all() {
        return List.copyOf(instances);
    }

    /** The one with a free slot that has least to do; of several the most recently used, so that the others may become idle for long. */
    @Nullable Instance free(int concurrency) {
        if (active >= serving * (long) concurrency) {
            return null;
        }
        Instance best = null;
        for (var each : instances) {
            if (each.state instanceof Serving state
                    && state.active() < concurrency
                    && (best == null || preferable(each, best))) {
                best = each;
            }
        }
        return best;
    }

    private static boolean preferable(Instance one, Instance other) {
        int less = one.active.size() - other.active.size();
        return less < 0 || (less == 0 && one.lastUsedNanos > other.lastUsedNanos);
    }

    /** So many do not leave because they are idle. */
    void keep(int count, long now) {
        if (count < floor) {
            keptUntil = now;
        }
        floor = count;
    }

    /** How many are to be there in any case. */
    int floor() {
        return floor;
    }

    /** Every change of state goes through here, which keeps the counts. */
    void move(Instance instance, InstanceState to) {
        count(instance.state, -1);
        instance.state = to;
        count(to, 1);
    }

    private void count(InstanceState state, int one) {
        switch (state) {
            case Starting ignored -> starting += one;
            case Serving some -> {
                serving += one;
                active += one * some.active();
            }
            case Draining ignored -> {}
            case Gone ignored -> {}
        }
    }

    /**
     * @param cause the request that it is for; null: it is for those to come
     * @param reserved memory that was taken for it until it serves
     * @param since when its start was begun
     */
    Instance start(@Nullable Invocation cause, String reason, long reserved, long since, Turn turn) {
        var instance = new Instance(
                target,
                around.numbers().getAsLong(),
                cause == null ? null : cause.id,
                cause == null ? 0 : cause.depth,
                reason,
                since,
                around.ticker().millis());
        instance.reserved = reserved;
        instances.add(instance);
        starting++;
        around.chains().began(instance.id, pool);
        turn.add(new Effect.Start(pool, instance));
        return instance;
    }

    /** @param baseline its CPU counter now */
    void ready(Instance instance, ProvidedInstance provided, long baseline, long now) {
        instance.readyNanos = now;
        instance.lastUsedNanos = now;
        instance.starter = null;
        around.headroom().giveBack(instance.reserved);
        move(instance, ((Starting) instance.state).ready(provided, now));
        instance.meter = new Meter(around, provided, target, instance, now, baseline);
    }

    void startFailed(Instance instance) {
        move(instance, ((Starting) instance.state).failed());
        around.headroom().giveBack(instance.reserved);
        instance.starter = null;
        forget(instance);
    }

    /** Whether it is news that it has exited. */
    boolean exited(Instance instance) {
        switch (instance.state) {
            case Starting starting -> throw new IllegalStateException(instance.id + " has not started");
            case Gone gone -> {
                return false;
            }
            case Serving state -> move(instance, state.exited());
            case Draining draining -> move(instance, draining.exited());
        }
        forget(instance);
        return true;
    }

    private void forget(Instance instance) {
        instances.remove(instance);
        around.chains().ended(instance.id);
    }

    /** @param broken to be killed rather than asked to leave */
    void retire(Instance instance, boolean broken, Turn turn) {
        instance.broken |= broken;
        if (instance.state instanceof Serving state) {
            move(instance, state.retire(turn.now));
        }
        leave(instance, turn);
    }

    /** Lets a retired instance go once nothing runs on it that anyone waits for. */
    void leave(Instance instance, Turn turn) {
        if (!(instance.state instanceof Draining draining)
                || instance.active.values().stream().anyMatch(each -> each.cut == null)) {
            return;
        }
        if (instance.broken) {
            kill(instance, draining.provided(), turn);
        } else if (!instance.drainSent) {
            instance.drainSent = true;
            move(instance, new Draining(draining.provided(), draining.active(), turn.now));
            turn.add(new Effect.Drain(draining.provided()));
        } else if (turn.now - draining.since() >= drainNanos()) {
            kill(instance, draining.provided(), turn);
        }
    }

    private static void kill(Instance instance, ProvidedInstance provided, Turn turn) {
        if (!instance.killSent) {
            instance.killSent = true;
            turn.add(new Effect.Kill(provided));
        }
    }

    void killAll(Turn turn) {
        for (var instance : instances) {
            instance.provided().ifPresent(provided -> kill(instance, provided, turn));
        }
    }

    /** How many are on their way since {@code before} or longer. */
    int startingSince(long before) {
        return (int) instances.stream()
                .filter(each -> each.state instanceof Starting && each.startedNanos <= before)
                .count();
    }

    /** One of which nothing has been heard for longer than a start may take. */
    Optional<Instance> overdueStart(long now) {
        return instances.stream()
                .filter(each -> each.state instanceof Starting && now >= startDeadline(each))
                .findFirst();
    }

    private long startDeadline(Instance instance) {
        return instance.startedNanos + around.settings().startDeadline().toNanos();
    }

    /** One that has idled for long and may go. */
    Optional<Instance> idled(long now) {
        for (var each : instances) {
            if (spare() && each.state instanceof Idle idle && now - spareSince(idle) >= idleNanos()) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private long spareSince(Idle idle) {
        return Math.max(idle.since(), keptUntil);
    }

    /** Whether there is none that serves, or will, as far as can be seen without the lock. */
    boolean hasNone() {
        return serving + starting == 0;
    }

    /**
     * Those that have nothing to do, as many as may go.
     *
     * @param expected bytes of one
     */
    List<Evictable> idle(long expected, long coldStart) {
        var idle = new ArrayList<Evictable>();
        for (var each : instances) {
            if (each.state instanceof Idle state) {
                idle.add(new Evictable(pool, each, state.since(), bytes(each, expected), coldStart));
            }
        }
        idle.sort(Comparator.comparingLong(Evictable::since));
        return idle.subList(0, Math.clamp(serving - floor, 0, idle.size()));
    }

    /**
     * The one that has served for longest of those that have something to do, if one may go.
     *
     * @param before when it must have begun
     */
    Optional<Evictable> longestServing(long before, long expected, long coldStart) {
        return instances.stream()
                .filter(each -> spare() && each.state instanceof Busy && each.readyNanos <= before)
                .min(Comparator.comparingLong(each -> each.readyNanos))
                .map(each -> new Evictable(pool, each, each.readyNanos, bytes(each, expected), coldStart));
    }

    private static long bytes(Instance instance, long expected) {
        long seen = instance.meter().memory();
        return seen > 0 ? seen : expected;
    }

    /** Whether it may go now: it has nothing to do, or only finishes what it has. */
    boolean mayGo(Instance instance, boolean busyToo) {
        return spare() && (instance.state instanceof Idle || (busyToo && instance.state instanceof Busy));
    }

    /** The most that one of them was seen to use; 0: none was seen. */
    long memory() {
        long most = 0;
        for (var each : instances) {
            if (each.state instanceof Serving) {
                most = Math.max(most, each.meter().memory());
            }
        }
        return most;
    }

    /** Those that were to leave and have not are killed. */
    void tidy(Turn turn) {
        for (var instance : all()) {
            leave(instance, turn);
        }
    }

    /** When there may be something to tidy. */
    long nextWake() {
        long next = Alarm.NEVER;
        for (var each : instances) {
            if (each.state instanceof Idle idle && spare()) {
                next = Math.min(next, spareSince(idle) + idleNanos());
            } else if (each.state instanceof Starting) {
                next = Math.min(next, startDeadline(each));
            } else if (each.state instanceof Draining draining && each.drainSent && !each.killSent) {
                next = Math.min(next, draining.since() + drainNanos());
            }
        }
        return next;
    }

    private boolean spare() {
        return serving > floor;
    }

    private long idleNanos() {
        return target.function().limits().idleTimeout().toNanos();
    }

    private long drainNanos() {
        return around.settings().drainTimeout().toNanos();
    }

    /** What part of a processor a request uses; {@code unless} where none that runs has shown it. */
    double cpuShare(double unless) {
        double sum = 0;
        int known = 0;
        for (var each : instances) {
            if (each.state instanceof Serving && each.meter().cpuShare() > 0) {
                sum += each.meter().cpuShare();
                known++;
            }
        }
        return known == 0 ? unless : sum / known;
    }

    /** The depth that a call by {@code instance} adds to; 0 once it is gone. */
    int depth(InstanceId instance) {
        for (var each : instances) {
            if (each.id.equals(instance)) {
                return each.depth();
            }
        }
        return 0;
    }

    List<InstanceView> views(long now) {
        return instances.stream().map(each -> view(each, now)).toList();
    }

    private InstanceView view(Instance instance, long now) {
        var reason = instance.state instanceof Idle idle
                ? "idle for " + TimeUnit.NANOSECONDS.toSeconds(now - idle.since()) + " s, ends after "
                        + TimeUnit.NANOSECONDS.toSeconds(idleNanos()) + " s"
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
}
