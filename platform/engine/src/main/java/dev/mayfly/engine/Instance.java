package dev.mayfly.engine;

import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.ProvidedInstance;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One instance as its pool knows it. Everything that changes is the pool's, under its lock. */
final class Instance {
    private static final int REMEMBERED = 64;

    final InstanceId id;
    /** What its id ends in. */
    final long number;
    /** The request that it was started for; what it says while it starts belongs to that. */
    final @Nullable InvocationId cause;

    final String reason;
    final long startedNanos;
    final long startedMillis;
    final Map<Long, Invocation> active = new LinkedHashMap<>();
    InstanceState state = new InstanceState.Starting();

    @Nullable Meter meter;

    @Nullable ExitStatus exitBeforeReady;

    @Nullable Thread starter;

    Reason startedFor = Reason.NO_INSTANCE;

    /** Of memory, until it serves. */
    long reserved;

    long readyNanos;
    long lastUsedNanos;
    /** Of what ran last, or of what it was started for: what it calls when nothing runs must come from there. */
    int lastDepth;
    /** It is to be killed, rather than asked to leave, when it has nothing left to finish. */
    boolean broken;

    /** It leaves for the memory that it has. */
    boolean letGo;

    boolean drainSent;
    boolean killSent;
    private final long[] recent = new long[REMEMBERED];
    private int remembered;

    /** @param depth of the request that it was started for */
    Instance(
            Target target,
            long number,
            @Nullable InvocationId cause,
            int depth,
            String reason,
            long startedNanos,
            long startedMillis) {
        this.id = idOf(target, number);
        this.number = number;
        this.cause = cause;
        this.lastDepth = depth;
        this.reason = reason;
        this.startedNanos = startedNanos;
        this.startedMillis = startedMillis;
    }

    static InstanceId idOf(Target target, long number) {
        return new InstanceId(target.deployment().id() + "-" + Long.toString(number, Character.MAX_RADIX));
    }

    /** Keeps the ids of what ran here lately: its last output may come after its end. */
    void remember(long invocation) {
        recent[remembered++ % REMEMBERED] = invocation;
    }

    /** The request that a line belongs to, as far as it can be told; what a worker says counts only if it can be true. */
    Optional<InvocationId> owner(long claimed) {
        if (claimed != 0) {
            boolean known = active.containsKey(claimed);
            for (int i = 0; !known && i < REMEMBERED; i++) {
                known = recent[i] == claimed;
            }
            return known ? Optional.of(new InvocationId(claimed)) : Optional.empty();
        }
        if (state instanceof InstanceState.Starting) {
            return Optional.ofNullable(cause);
        }
        return active.size() == 1
                ? Optional.of(new InvocationId(active.keySet().iterator().next()))
                : Optional.empty();
    }

    /** The depth that a call of its own adds to. */
    int depth() {
        return active.values().stream().mapToInt(each -> each.depth).max().orElse(lastDepth);
    }

    /** Only of one that is or was ready. */
    Meter meter() {
        if (meter == null) {
            throw new IllegalStateException(id + " has no meter (expected: ready)");
        }
        return meter;
    }

    Optional<ProvidedInstance> provided() {
        return switch (state) {
            case InstanceState.Serving serving -> Optional.of(serving.provided());
            case InstanceState.Draining draining -> Optional.of(draining.provided());
            case InstanceState.Starting starting -> Optional.empty();
            case InstanceState.Gone gone -> Optional.empty();
        };
    }

    boolean gone() {
        return state instanceof InstanceState.Gone;
    }
}
