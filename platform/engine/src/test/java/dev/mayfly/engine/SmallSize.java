package dev.mayfly.engine;

import dev.mayfly.engine.Deployments.Changed;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How large a {@link SmallWorld} is.
 *
 * @param requests that come, of two clients in turn
 * @param async whether answers take their time from the engine to the gateway, so that anything may happen meanwhile
 * @param stepMillis that pass with each event that is not a timer's
 * @param faults how much may go wrong
 */
record SmallSize(int requests, Changed limits, boolean async, int stepMillis, Faults faults) {
    /** Those of every day, by their names. */
    static final Map<String, SmallSize> DAILY = new LinkedHashMap<>();

    /** Those of {@code -Psoak}, which take minutes. */
    static final Map<String, SmallSize> LONG = new LinkedHashMap<>();

    static {
        var none = Faults.NONE;
        var one = of(1, 1, 1, 1);
        var two = of(2, 1, 1, 1);
        DAILY.put("one", one.with(new Faults(1, 1, 1, 1, 1, 1)));
        DAILY.put("one-late-answers", one.slowly().with(new Faults(1, 0, 1, 1, 1, 1)));
        DAILY.put("kept", one.kept(1).with(none.crashes(1)));
        DAILY.put("two-starts-fail", two.with(Faults.starts(2, 0)));
        DAILY.put("two-starts-lost", two.with(Faults.starts(0, 1)));
        DAILY.put("two-crash", two.with(none.crashes(1)));
        DAILY.put("two-leave", two.with(none.leavers(1)));
        DAILY.put("two-ends", two.with(none.ends(1)));
        DAILY.put("two-late-answers", two.slowly());
        DAILY.put("two-time-passes", two.step(10));
        LONG.put("two-instances", of(2, 2, 1, 1));
        DAILY.put("two-slots", of(2, 1, 2, 1).with(none.crashes(1)));
        DAILY.put("two-no-queue", of(2, 1, 1, 0).with(none.ends(1)));
        LONG.put("two-unreached", two.with(none.unreached(1)));
        LONG.put("kept-ends", one.kept(1).with(Faults.starts(1, 0).crashes(1).ends(1)));
        LONG.put("three-no-queue", of(3, 1, 1, 0));
        LONG.put("three", of(3, 1, 1, 1));
        LONG.put("three-slots", of(3, 1, 2, 1));
        LONG.put("two-instances-crash", of(2, 2, 1, 1).with(none.crashes(1)));
        LONG.put("two-instances-starts-fail", of(2, 2, 1, 1).with(Faults.starts(1, 1)));
        LONG.put("two-late-answers-all", two.slowly().with(none.crashes(1).leavers(1)));
        LONG.put("two-crash-leave-ends", two.with(none.crashes(1).leavers(1).ends(1)));
        LONG.put("kept-two", of(1, 2, 1, 1).kept(2).with(Faults.starts(1, 0).ends(1)));
    }

    static SmallSize named(String name) {
        var size = DAILY.getOrDefault(name, LONG.get(name));
        if (size == null) {
            throw new IllegalArgumentException(
                    "size: " + name + " (expected: one of " + DAILY.keySet() + LONG.keySet() + ")");
        }
        return size;
    }

    /** Chosen so that timers of different kinds are far apart. */
    static SmallSize of(int requests, int maxInstances, int concurrency, int queue) {
        var limits = Changed.nothing()
                .maxInstances(maxInstances)
                .concurrency(concurrency)
                .queue(queue, Duration.ofSeconds(30))
                .timeout(Duration.ofSeconds(300))
                .idleTimeout(Duration.ofSeconds(60));
        return new SmallSize(requests, limits, false, 0, Faults.NONE);
    }

    SmallSize kept(int minInstances) {
        return new SmallSize(requests, limits.minInstances(minInstances), async, stepMillis, faults);
    }

    SmallSize slowly() {
        return new SmallSize(requests, limits, true, stepMillis, faults);
    }

    SmallSize step(int millis) {
        return new SmallSize(requests, limits, async, millis, faults);
    }

    SmallSize with(Faults some) {
        return new SmallSize(requests, limits, async, stepMillis, some);
    }

    int concurrency() {
        return limits.limits().concurrencyFor(dev.mayfly.model.ServingMode.HANDLER);
    }

    /**
     * How often each may happen.
     *
     * @param failedStarts a start fails
     * @param lostStarts a start is never heard of again
     * @param crashes an instance dies
     * @param unreached an instance cannot be reached
     * @param leavers a client leaves
     * @param ends the deployment is deleted, or the server drains
     */
    record Faults(int failedStarts, int lostStarts, int crashes, int unreached, int leavers, int ends) {
        static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0);

        static Faults starts(int failed, int lost) {
            return new Faults(failed, lost, 0, 0, 0, 0);
        }

        Faults crashes(int count) {
            return new Faults(failedStarts, lostStarts, count, unreached, leavers, ends);
        }

        Faults unreached(int count) {
            return new Faults(failedStarts, lostStarts, crashes, count, leavers, ends);
        }

        Faults leavers(int count) {
            return new Faults(failedStarts, lostStarts, crashes, unreached, count, ends);
        }

        Faults ends(int count) {
            return new Faults(failedStarts, lostStarts, crashes, unreached, leavers, count);
        }
    }
}
