package dev.mayfly.engine;

import dev.mayfly.engine.ScaleDecision.Drain;
import dev.mayfly.engine.ScaleDecision.Later;
import dev.mayfly.engine.ScaleDecision.Start;
import dev.mayfly.engine.ScaleDecision.Stay;
import java.util.concurrent.TimeUnit;

/**
 * Decides how many instances there should be: a pure function of a snapshot. Starting is worth it when the requests that wait, and those that will
 * come meanwhile, would otherwise wait for longer than a start takes, by more than {@link #PRICE} of a start for all of them together; or when
 * one request, or several one after the other, have waited for as long as a start takes. Decision 0017 says why, and what it was compared with.
 */
final class Autoscaler implements ScalingPolicy {
    /** What one more instance must save in waiting, as a part of what starting it takes. */
    static final double PRICE = 0.25;
    /** What will come is a guess: so much of it is counted. */
    static final double GUESS = 0.5;
    /** A request computes rather than waits if it uses this much of a processor. */
    static final double COMPUTES = 0.5;
    /** After so many times the usual a request counts as one of which nobody knows when it ends. */
    static final int OVERDUE = 2;
    /** The same of a start, which depends on more. */
    static final int STUCK = 4;
    /** No start is that late sooner: the machine may be busy. */
    static final long STUCK_AT_LEAST = TimeUnit.SECONDS.toNanos(1);

    private static final long MOMENT = TimeUnit.MILLISECONDS.toNanos(1);
    static final long SOON = TimeUnit.MILLISECONDS.toNanos(100);

    @Override
    public ScaleDecision grow(PoolSnapshot pool) {
        var supply = pool.supply();
        var budget = pool.budget();
        int unserved = pool.demand().waiting() - pool.demand().soonFree();
        if (unserved <= 0) {
            return new Stay(Reason.SLOT_COMES_SOONER);
        }
        int allowed = budget.maxInstances() - supply.serving() - supply.starting();
        if (allowed <= 0) {
            return new Stay(Reason.MOST_INSTANCES);
        }
        int paying = paying(pool, unserved);
        boolean patience = paying <= 0;
        if (patience && supply.promised() > 0) {
            return new Stay(Reason.INSTANCE_ON_ITS_WAY);
        }
        if (patience && !waitedForAStart(pool)) {
            long rest = pool.shown().coldStart() - pool.demand().longestWait();
            return new Later(Math.min(rest, pool.shown().service() + MOMENT), Reason.SLOT_COMES_SOONER);
        }
        return within(pool, Math.min(allowed, Math.max(1, paying)), patience);
    }

    /** As many of {@code count} as can be had now. */
    private static ScaleDecision within(PoolSnapshot pool, int count, boolean patience) {
        var supply = pool.supply();
        var budget = pool.budget();
        boolean first = supply.serving() + supply.starting() == 0;
        if (budget.failing() && supply.starting() > 0) {
            return new Stay(Reason.STARTS_FAIL);
        }
        if (budget.backoff() > 0) {
            return new Later(budget.backoff(), Reason.STARTS_FAIL);
        }
        int computable = first ? Math.max(1, computable(pool)) : computable(pool);
        if (computable <= 0) {
            return new Later(SOON, Reason.NO_PROCESSOR_FREE);
        }
        long affordable = pool.room().memory() / Math.max(1, budget.memory());
        if (affordable <= 0) {
            return new Later(SOON, Reason.NO_MEMORY_FREE);
        }
        int most = budget.failing() ? 1 : count; // one finds out whether it works again
        var reason = first ? Reason.NO_INSTANCE : patience ? Reason.WAITED_FOR_A_START : Reason.WAITING_COSTS_MORE;
        return new Start((int) Math.min(most, Math.min(computable, affordable)), reason);
    }

    /** How many more instances save more waiting than they cost; below 1: none. */
    private static int paying(PoolSnapshot pool, int unserved) {
        var supply = pool.supply();
        int concurrency = supply.concurrency();
        if (!pool.shown().known()) { // as many as there are requests for
            return Math.ceilDiv(unserved, concurrency) - supply.promised();
        }
        double service = pool.shown().service();
        double start = pool.shown().coldStart();
        double slots = Math.max(0, pool.demand().running() - pool.demand().overdue());
        double arriving = GUESS * pool.demand().arrivalsPerSecond() * start / TimeUnit.SECONDS.toNanos(1);
        // Those that are left when one that is started now is ready, and what serves them then.
        double left = unserved + arriving - slots * start / service - supply.promised() * concurrency;
        slots += supply.promised() * concurrency;
        int more = 0;
        while (left > 0
                && more < pool.budget().maxInstances()
                && saved(left, slots, concurrency, service) > PRICE * start) {
            left -= concurrency;
            slots += concurrency;
            more++;
        }
        return more;
    }

    /** How much less {@code left} requests wait together with one more instance. */
    private static double saved(double left, double slots, int concurrency, double service) {
        if (slots <= 0) {
            return Double.POSITIVE_INFINITY;
        }
        double then = Math.max(0, left - concurrency);
        return service / 2 * (left * left / slots - then * then / (slots + concurrency));
    }

    private static boolean waitedForAStart(PoolSnapshot pool) {
        long start = pool.shown().coldStart();
        return pool.shown().known()
                && (pool.demand().longestWait() >= start || pool.demand().waited() >= start);
    }

    /** How many more instances would find a processor. */
    private static int computable(PoolSnapshot pool) {
        double cpu = pool.shown().cpu();
        if (cpu < COMPUTES) {
            return Integer.MAX_VALUE;
        }
        double each = Math.min(pool.budget().cpu(), cpu * pool.supply().concurrency());
        return (int) Math.min(Integer.MAX_VALUE, Math.round(pool.room().processors() / each))
                - pool.supply().starting();
    }

    /** Whether fewer would have done, all the time that an idle one may stay. The last one goes when it is idle. */
    @Override
    public ScaleDecision shrink(PoolSnapshot pool) {
        int needed = Math.ceilDiv(pool.demand().peak(), pool.supply().concurrency());
        int kept = Math.max(Math.max(1, pool.budget().minInstances()), needed);
        int surplus = pool.supply().serving() - kept;
        return surplus > 0 ? new Drain(surplus, Reason.SURPLUS) : new Stay(Reason.FREE_SLOT);
    }
}
