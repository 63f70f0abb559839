package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Protocol;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ProvidedInstance;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request on its way through a pool; the lease that the gateway holds. Everything that changes is the pool's, under its lock. */
final class Invocation implements Lease {
    /** What the gateway says of the response. */
    record Response(Outcome outcome, int status, long bytesIn, long bytesOut, long at) {}

    /** Why the engine ended it before the gateway did. */
    record Cut(Problem problem, Outcome outcome, long at) {}

    private static final long NEVER = Long.MIN_VALUE;

    final InvocationId id;
    final InvocationRequest request;
    final Consumer<Admission> answer;
    /** Told where to connect meanwhile. */
    final Consumer<String> coming;

    final long acceptedNanos;
    final long acceptedMillis;
    /** How many calls from function to function led to it. */
    final int depth;

    private final Pool pool;
    private @Nullable Instance instance;
    private String address = "";
    private boolean keepAlive;
    long dispatchedNanos;
    long deadlineNanos;
    long initMicros;
    boolean started;
    boolean released;
    private volatile long endedAt = NEVER; // the gateway looks without the lock
    private long backgroundCutAt = NEVER;

    @Nullable Response response;

    @Nullable Cut cut;

    @Nullable Consumer<Problem> listener;

    Invocation(
            Pool pool,
            InvocationId id,
            InvocationRequest request,
            int depth,
            Consumer<Admission> answer,
            Consumer<String> coming,
            long acceptedNanos,
            long acceptedMillis) {
        this.pool = pool;
        this.id = id;
        this.request = request;
        this.depth = depth;
        this.answer = answer;
        this.coming = coming;
        this.acceptedNanos = acceptedNanos;
        this.acceptedMillis = acceptedMillis;
    }

    void dispatched(Instance to, ProvidedInstance provided, long now, long timeoutNanos) {
        instance = to;
        address = provided.address();
        keepAlive = provided.mode().keepsAlive();
        dispatchedNanos = now;
        deadlineNanos = now + timeoutNanos;
        initMicros = overlapMicros(to.startedNanos, to.readyNanos, now);
    }

    /** How much of its waiting, until {@code now}, an instance took to start. */
    long overlapMicros(long from, long until, long now) {
        return Math.max(0, Math.min(until, now) - Math.max(from, acceptedNanos)) / 1000;
    }

    boolean holdsSlot() {
        return instance != null && !released;
    }

    Instance instance() {
        if (instance == null) {
            throw new IllegalStateException(id + " has no instance (expected: dispatched)");
        }
        return instance;
    }

    void ended(long now) {
        if (endedAt == NEVER) {
            endedAt = now;
        }
    }

    /** Whether its worker has done all it will for it: an answer without a response yet is on its way. */
    @Override
    public boolean hasEnded() {
        return endedAt != NEVER;
    }

    /** Work after the response has had its time. */
    void cutBackground(long now) {
        backgroundCutAt = now;
    }

    /** When the first of its two sides was done. Only of one where that is so. */
    long halfOverAt() {
        return response != null ? response.at() : endedAt;
    }

    /** When it was over, work after the response included; empty while it is not. */
    OptionalLong over(ServingMode mode, long now, long graceNanos) {
        if (response == null) {
            return OptionalLong.empty();
        }
        if (cut != null) {
            return OptionalLong.of(Math.max(dispatchedNanos, cut.at()));
        }
        long finished = response.at();
        if (backgroundCutAt != NEVER) {
            return OptionalLong.of(Math.max(finished, backgroundCutAt));
        }
        if (answerIsAll(mode)) {
            return OptionalLong.of(finished);
        }
        if (endedAt != NEVER) {
            return OptionalLong.of(Math.max(finished, endedAt));
        }
        // The worker answered by itself, and user code never saw it.
        return !started && now - finished >= graceNanos ? OptionalLong.of(finished) : OptionalLong.empty();
    }

    /** Nothing else is heard of these. */
    private boolean answerIsAll(ServingMode mode) {
        return mode == ServingMode.SCRIPT || request.function().protocol() == Protocol.H2C;
    }

    /** Whether user code is known to have had it, to its end: then it shows how long a request takes. */
    boolean shows(ServingMode mode) {
        return cut == null && (started || answerIsAll(mode));
    }

    long queueMicros() {
        return Math.max(0, waitedMicros() - initMicros);
    }

    @Override
    public InvocationId id() {
        return id;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public boolean keepAlive() {
        return keepAlive;
    }

    @Override
    public boolean cold() {
        return initMicros > 0;
    }

    @Override
    public long waitedMicros() {
        return (dispatchedNanos - acceptedNanos) / 1000;
    }

    @Override
    public void onAbort(Consumer<Problem> aborted) {
        pool.onAbort(this, aborted);
    }

    @Override
    public void finished(Outcome outcome, int status, long bytesIn, long bytesOut) {
        pool.finished(this, outcome, status, bytesIn, bytesOut);
    }

    @Override
    public void giveUp() {
        pool.giveUp(this);
    }

    @Override
    public boolean notStarted() {
        return pool.notStarted(this);
    }
}
