package dev.mayfly.engine;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one pool has of the {@link Permits}, which own everything in here; called under the lock of the pool. Where no limit concerns its function, that is
 * found out without theirs.
 */
final class PermitHolder {
    static final int NEVER = -1;

    private final Permits permits;
    private final Pool pool;
    private volatile PermitTree.@Nullable Node leaf;
    /** Permits that it has, those included that it was granted and has not used. */
    int held;
    /** Those that it was granted while it waited. */
    int granted;

    boolean waits;
    /** Of the pool: it is asked at each event. */
    int seen = NEVER;

    PermitHolder(Permits permits, Pool pool) {
        this.permits = permits;
        this.pool = pool;
    }

    Pool pool() {
        return pool;
    }

    Target target() {
        return pool.target();
    }

    boolean limited() {
        return leaf != null;
    }

    PermitTree.Node leaf() {
        return Objects.requireNonNull(leaf);
    }

    void entered(PermitTree.Node at) {
        leaf = at;
    }

    void left() {
        leaf = null;
        held = 0;
        granted = 0;
        waits = false;
    }

    /** Called before everything else, with the requests that have a slot: limits may have come or gone. */
    void look(int running) {
        if (seen != permits.version()) {
            permits.look(this, running);
        }
    }

    /** One for a request that gets a slot now. False: none is left, and it is told when one is there for it. */
    boolean take() {
        return !limited() || permits.take(this);
    }

    /** The slot of a request is free. */
    void release(Turn turn) {
        if (limited()) {
            var next = permits.release(this);
            if (next != null) {
                turn.add(new Effect.Permitted(next));
            }
        }
    }

    List<Pool> giveBack() {
        return limited() ? permits.giveBack(this) : List.of();
    }

    /** How many more requests could run, as far as limits go. */
    int room() {
        return limited() ? permits.room(this) : ConcurrencyLimits.NONE;
    }

    /** The limit that lets no further one run now; it is told when that changes. */
    LimitScope.@Nullable Full full() {
        return limited() ? permits.full(this) : null;
    }

    /** The limit that leaves it fewest more, where one leaves it fewer than {@code others}. */
    LimitScope.@Nullable Full narrower(long others) {
        return limited() && permits.room(this) < others ? permits.narrowest(this) : null;
    }

    /** Whether nothing of this function is to run. */
    boolean off() {
        return limited() && permits.off(this);
    }

    /** Nobody waits, and nothing runs. */
    void rest() {
        if (limited()) {
            permits.rest(this);
        }
    }
}
