package dev.mayfly.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Knative's pod autoscaler (KPA) with its published defaults, as {@code pkg/autoscaler/scaling/autoscaler.go} of knative/serving computes it: a look
 * every 2 s at the average concurrency of the last 60 s (stable) and 6 s (panic); as many pods as that divided by 70 % of what one takes; panic when the
 * panic window asks for twice of what there is, and then never down until 60 s after; up to 1000 times and down to a half per look. From zero
 * the activator has one started at once. To zero it goes when the stable window is empty: the further 30 s of grace are for the activator to come
 * into the path, where it already is with the default burst capacity of 200, so they are over by then. Requests wait in the activator for the next free
 * slot, new or old, of the pod with least to do, which is better than what its subsets of pods can do.
 */
final class KnativePolicy {
    private static final long SECOND = 1_000_000_000L;
    private static final long TICK = 2 * SECOND;
    private static final int STABLE = 60;
    private static final int PANIC = 6;
    private static final double TARGET = 0.7;
    private static final double PANIC_THRESHOLD = 2;
    private static final double MOST_UP = 1000;
    private static final double MOST_DOWN = 2;

    private static final class Pod {
        private final long started;
        private boolean ready;
        private boolean leaving;
        private boolean busy;
        private long readyAt;
        private long lastUsed;

        private Pod(long started) {
            this.started = started;
        }
    }

    private record Due(long at, long order, Runnable task) {}

    private final Comparison.Trace trace;
    private final PriorityQueue<Due> queue =
            new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
    private final List<Pod> pods = new ArrayList<>();
    private final ArrayDeque<Comparison.Call> waiting = new ArrayDeque<>();
    /** Average concurrency of each of the last seconds. */
    private final double[] seconds = new double[STABLE];

    private long now;
    private long order;
    private int running;
    private double second;
    private long secondFrom;
    private long calls;
    private long cold;
    private long waited;
    private long held;
    private int started;
    private long panicSince = Long.MIN_VALUE;
    private int panicPods;
    private boolean ticking;
    private long activeSince;

    private KnativePolicy(Comparison.Trace trace) {
        this.trace = trace;
    }

    static Comparison run(Comparison.Trace trace) {
        return new KnativePolicy(trace).run();
    }

    private Comparison run() {
        trace.calls().forEach(call -> at(call.at(), () -> arrive(call)));
        while (!queue.isEmpty()) {
            var due = queue.remove();
            advance(due.at());
            due.task().run();
        }
        return new Comparison("Knative's KPA", calls, cold, waited, held);
    }

    private void at(long time, Runnable task) {
        queue.add(new Due(time, order++, task));
    }

    /** Accounts concurrency, what waits included, second by second. */
    private void advance(long to) {
        while (now < to) {
            long end = Math.min(to, secondFrom + SECOND);
            second += (double) (end - now) / SECOND * (running + waiting.size());
            now = end;
            if (now == secondFrom + SECOND) {
                seconds[(int) (now / SECOND % STABLE)] = second;
                second = 0;
                secondFrom = now;
                if (!ticking && to - now > STABLE * SECOND) { // a long nothing
                    java.util.Arrays.fill(seconds, 0);
                    now = to;
                    secondFrom = to / SECOND * SECOND;
                }
            }
        }
    }

    private double average(int window) {
        double sum = 0;
        for (int i = 0; i < window; i++) {
            sum += seconds[(int) Math.floorMod(now / SECOND - i, (long) STABLE)];
        }
        return sum / window;
    }

    private void arrive(Comparison.Call call) {
        calls++;
        waiting.add(call);
        serve();
        if (!ticking) {
            ticking = true;
            at((now / TICK + 1) * TICK, this::tick);
        }
        if (pods.stream().allMatch(pod -> pod.leaving)) {
            activeSince = now;
            start();
        }
    }

    private void start() {
        var pod = new Pod(now);
        pods.add(pod);
        at(now + trace.starts().takes(started++), () -> {
            pod.ready = true;
            pod.readyAt = now;
            pod.lastUsed = now;
            serve();
        });
    }

    private void serve() {
        while (!waiting.isEmpty()) {
            var free = pods.stream()
                    .filter(pod -> pod.ready && !pod.leaving && !pod.busy)
                    .max((a, b) -> Long.compare(a.lastUsed, b.lastUsed));
            if (free.isEmpty()) {
                return;
            }
            var pod = free.get();
            var call = waiting.remove();
            waited += now - call.at();
            cold += pod.readyAt > call.at() ? 1 : 0;
            pod.busy = true;
            running++;
            at(now + call.runs(), () -> {
                running--;
                pod.busy = false;
                pod.lastUsed = now;
                end(pod);
                serve();
            });
        }
    }

    /** A pod that is to leave finishes what it has. */
    private void end(Pod pod) {
        if (pod.leaving && !pod.busy && pods.remove(pod)) {
            held += now - pod.started;
        }
    }

    private void tick() {
        double there = Math.max(
                1, pods.stream().filter(pod -> pod.ready && !pod.leaving).count());
        double stable = Math.ceil(average(STABLE) / TARGET);
        double panic = Math.ceil(average(PANIC) / TARGET);
        double up = Math.ceil(MOST_UP * there);
        double down = Math.floor(there / MOST_DOWN);
        int wanted = (int) Math.min(Math.max(stable, down), up);
        int inPanic = (int) Math.min(Math.max(panic, down), up);
        boolean over = panic / there >= PANIC_THRESHOLD;
        if (over) {
            panicSince = now;
        } else if (panicSince != Long.MIN_VALUE && panicSince + STABLE * SECOND < now) {
            panicSince = Long.MIN_VALUE;
            panicPods = 0;
        }
        if (panicSince != Long.MIN_VALUE) {
            panicPods = Math.max(panicPods, Math.max(wanted, inPanic));
            wanted = panicPods;
        }
        scale(Math.min(wanted, trace.maxInstances()));
        if (pods.isEmpty() && waiting.isEmpty()) {
            ticking = false;
        } else {
            at(now + TICK, this::tick);
        }
    }

    private void scale(int wanted) {
        int least = waiting.isEmpty() && now - activeSince >= STABLE * SECOND ? 0 : 1;
        int target = Math.max(wanted, least);
        var serving = new ArrayList<>(pods.stream().filter(pod -> !pod.leaving).toList());
        for (int i = serving.size(); i < target; i++) {
            start();
        }
        serving.sort(
                (a, b) -> a.busy != b.busy ? Boolean.compare(a.busy, b.busy) : Long.compare(a.lastUsed, b.lastUsed));
        for (int i = 0; i < serving.size() - target; i++) {
            var pod = serving.get(i);
            pod.leaving = true;
            end(pod);
        }
    }
}
