package dev.mayfly.engine;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one owner of how many requests may still begin to run: of a function, its project, its team, and of the whole server. Each request of a function
 * that is under some limit has a permit from when it gets a slot until the slot is free. Pools call from under their own lock, and nothing is called
 * from under this one, so there is no order of locks to keep.
 *
 * <p>A permit that becomes free is given at once to a pool that waits for one, if there is one that it is good for: so whoever comes cannot overtake,
 * and no pool has to ask again. That pool is told once the lock of the pool that gave it back is free. The turn goes to the team that runs fewest requests,
 * then to such a project of it, function, deployment; of several to the one whose turn was longest ago.
 */
final class Permits {
    private final ReentrantLock lock = new ReentrantLock();
    /** Those that are under some limit. */
    private final Set<PermitHolder> holders = new LinkedHashSet<>();

    private ConcurrencyLimits limits;
    private PermitTree tree;
    /** Grows with each change of the limits: who has seen another one looks again. */
    private final AtomicInteger version = new AtomicInteger();

    Permits(ConcurrencyLimits limits) {
        this.limits = limits;
        this.tree = new PermitTree(limits);
    }

    int version() {
        return version.get();
    }

    /** Whether these are others than before; then every pool is to look again, and to be told {@link Pool#permitted}. */
    boolean follow(ConcurrencyLimits next) {
        lock.lock();
        try {
            if (next.equals(limits)) {
                return false;
            }
            limits = next;
            tree = new PermitTree(next);
            holders.removeIf(holder -> !enter(holder));
            holders.stream().filter(holder -> holder.waits).forEach(holder -> tree.await(holder.leaf()));
            for (var leaf = tree.next(); leaf != null; leaf = tree.next()) {
                grant(leaf);
            }
            version.incrementAndGet();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Counts what a holder has where it now belongs. False: it is under no limit. */
    private boolean enter(PermitHolder holder) {
        var target = holder.target();
        var project = target.deployment().project();
        if (!limits.concern(project, target.function().name())) {
            holder.left();
            return false;
        }
        holder.entered(tree.leaf(holder, limits.teamOf(project)));
        tree.count(holder.leaf(), holder.held);
        return true;
    }

    /** @param running requests that have a slot, whether they have a permit or not */
    void look(PermitHolder holder, int running) {
        lock.lock();
        try {
            holder.seen = version.get();
            if (!holders.contains(holder)) {
                holder.held = running;
                if (enter(holder)) {
                    holders.add(holder);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Nobody waits with it; if it has no permit either there is nothing to know of it until it looks again. */
    void rest(PermitHolder holder) {
        lock.lock();
        try {
            if (holder.held == 0 && holders.remove(holder)) {
                tree.remove(holder.leaf());
                holder.left();
                holder.seen = PermitHolder.NEVER;
            }
        } finally {
            lock.unlock();
        }
    }

    /** One permit; where there is none {@code holder} waits for one from now on. */
    boolean take(PermitHolder holder) {
        lock.lock();
        try {
            if (!holder.limited()) {
                return true;
            }
            if (holder.granted > 0) {
                holder.granted--;
                return true;
            }
            if (tree.full(holder.leaf()) == null) {
                tree.count(holder.leaf(), 1);
                holder.held++;
                return true;
            }
            await(holder);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** How many more it could have. */
    int room(PermitHolder holder) {
        lock.lock();
        try {
            return holder.limited() ? holder.granted + tree.room(holder.leaf()) : ConcurrencyLimits.NONE;
        } finally {
            lock.unlock();
        }
    }

    /** The limit that leaves {@code holder} fewest requests more. */
    LimitScope.@Nullable Full narrowest(PermitHolder holder) {
        lock.lock();
        try {
            var node = holder.limited() ? tree.narrowest(holder.leaf()) : null;
            return node == null ? null : node.toFull();
        } finally {
            lock.unlock();
        }
    }

    /** What is in the way of one more, which {@code holder} then waits for. */
    LimitScope.@Nullable Full full(PermitHolder holder) {
        lock.lock();
        try {
            var full = holder.limited() && holder.granted == 0 ? tree.full(holder.leaf()) : null;
            if (full != null) {
                await(holder);
            }
            return full == null ? null : full.toFull();
        } finally {
            lock.unlock();
        }
    }

    /** One is free again. Who has it now and is to be told. */
    @Nullable Pool release(PermitHolder holder) {
        lock.lock();
        try {
            return holder.limited() ? releaseOne(holder) : null;
        } finally {
            lock.unlock();
        }
    }

    /** Gives back what {@code holder} was given while it waited and has no use for. Who are to be told. */
    List<Pool> giveBack(PermitHolder holder) {
        lock.lock();
        try {
            var next = new ArrayList<Pool>(0);
            while (holder.granted > 0) {
                holder.granted--;
                var pool = releaseOne(holder);
                if (pool != null) {
                    next.add(pool);
                }
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Pool releaseOne(PermitHolder holder) {
        holder.held--;
        tree.count(holder.leaf(), -1);
        var leaf = tree.next();
        return leaf == null ? null : grant(leaf);
    }

    private Pool grant(PermitTree.Node leaf) {
        var holder = leaf.holder();
        tree.served(leaf);
        holder.waits = false;
        tree.count(leaf, 1);
        holder.held++;
        holder.granted++;
        return holder.pool();
    }

    private void await(PermitHolder holder) {
        holder.waits = true;
        tree.await(holder.leaf());
    }

    /** Whether nothing of this function is to run. */
    boolean off(PermitHolder holder) {
        lock.lock();
        try {
            return holder.limited() && holder.leaf().off();
        } finally {
            lock.unlock();
        }
    }
}
