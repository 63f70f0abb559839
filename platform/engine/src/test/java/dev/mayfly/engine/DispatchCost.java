package dev.mayfly.engine;

import com.sun.management.ThreadMXBean;
import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Outcome;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a decision costs: requests that ask the real engine for a slot, and give it back at once, as fast as event loops can. Instances exist only
 * here, and records are kept nowhere, so that nothing else is counted than what is decided, noted and metered. Beside it what anything costs that
 * knows its functions and hands out slots: one map, one lock and one list ({@link Least}). {@code bench/run dispatch} starts it.
 *
 * <p>Arguments: rounds, and milliseconds of each. Prints one line of JSON for each round and arrangement.
 */
public final class DispatchCost {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int[] FUNCTIONS = {1, 100, 10_000};
    private static final int WARMING = 3;

    /** Asks for a slot and gives it back, for one function of many. */
    private interface Subject {
        void once(int function);
    }

    /** @param own whether each loop has functions of its own; otherwise all call the same one */
    private record Arrangement(String name, Subject subject, int functions, int loops, boolean own) {}

    private DispatchCost() {}

    public static void main(String[] arguments) throws InterruptedException {
        int rounds = Integer.parseInt(arguments[0]);
        long nanos = Long.parseLong(arguments[1]) * 1_000_000;
        var all = arrangements();
        for (int round = -WARMING; round < rounds; round++) {
            for (var each : all) {
                measure(each, round, nanos);
            }
        }
        System.exit(0); // timers and instances are of this process alone
    }

    private static List<Arrangement> arrangements() {
        int processors = Runtime.getRuntime().availableProcessors();
        var all = new ArrayList<Arrangement>();
        all.add(new Arrangement("limited", new Real(1, limited()), 1, 1, true));
        for (int functions : FUNCTIONS) {
            all.add(new Arrangement("engine", new Real(functions), functions, 1, true));
            all.add(new Arrangement("least", new Least(functions, 1), functions, 1, true));
        }
        for (int loops : IntStream.of(2, processors)
                .distinct()
                .filter(n -> n <= processors)
                .toArray()) {
            all.add(new Arrangement("engine", new Real(1), 1, loops, false));
            all.add(new Arrangement("least", new Least(1, loops), 1, loops, false));
            all.add(new Arrangement("engine", new Real(loops), loops, loops, true));
            all.add(new Arrangement("least", new Least(loops, loops), loops, loops, true));
        }
        return all;
    }

    /** Every request needs a permit, which is always there. */
    private static EngineSettings limited() {
        var d = EngineSettings.DEFAULTS;
        return new EngineSettings(
                d.billInit(), d.startTimeout(), d.drainTimeout(), d.startAhead(), d.callDepth(), 1_000_000, 1_000_000);
    }

    private static void measure(Arrangement what, int round, long nanos) throws InterruptedException {
        var loops = new Loop[what.loops];
        var begin = new CountDownLatch(1);
        long all = THREADS.getTotalThreadAllocatedBytes();
        for (int i = 0; i < what.loops; i++) {
            loops[i] = new Loop(what, i, nanos, begin);
            loops[i].start();
        }
        begin.countDown();
        for (var loop : loops) {
            loop.join();
            if (loop.failure != null) {
                throw new IllegalStateException("a loop failed", loop.failure);
            }
        }
        long bytes = THREADS.getTotalThreadAllocatedBytes() - all;
        long requests = 0;
        long cpu = 0;
        long own = 0;
        for (var loop : loops) {
            requests += loop.requests;
            cpu += loop.cpu;
            own += loop.bytes;
        }
        if (round >= 0) {
            System.out.printf(
                    Locale.ROOT,
                    "{\"subject\":\"%s\",\"functions\":%d,\"loops\":%d,\"own\":%b,\"nanos\":%.1f,\"bytes\":%.1f,\"allBytes\":%.1f,\"perSecond\":%.0f}%n",
                    what.name,
                    what.functions,
                    what.loops,
                    what.own,
                    (double) cpu / requests,
                    (double) own / requests,
                    (double) bytes / requests,
                    requests * 1e9 / nanos);
        }
    }

    /** One event loop. */
    private static final class Loop extends Thread {
        private static final int BATCH = 100;

        private final Arrangement what;
        private final int number;
        private final long nanos;
        private final CountDownLatch begin;
        long requests;
        long cpu;
        long bytes;

        @Nullable Throwable failure;

        Loop(Arrangement what, int number, long nanos, CountDownLatch begin) {
            super("loop-" + number);
            this.what = what;
            this.number = number;
            this.nanos = nanos;
            this.begin = begin;
        }

        @Override
        public void run() {
            try {
                begin.await();
                ask();
            } catch (InterruptedException | RuntimeException | Error e) {
                failure = e;
            }
        }

        private void ask() {
            long end = System.nanoTime() + nanos;
            long cpuBefore = THREADS.getCurrentThreadCpuTime();
            long bytesBefore = THREADS.getCurrentThreadAllocatedBytes();
            int step = what.own ? what.loops : 1;
            int function = what.own ? number : 0;
            while (System.nanoTime() < end) {
                for (int i = 0; i < BATCH; i++) {
                    what.subject.once(function);
                    function = function + step < what.functions ? function + step : what.own ? number : 0;
                }
                requests += BATCH;
            }
            cpu = THREADS.getCurrentThreadCpuTime() - cpuBefore;
            bytes = THREADS.getCurrentThreadAllocatedBytes() - bytesBefore;
        }
    }

    /** The engine as a server has it, but for its instances and where it writes. */
    private static final class Real implements Subject {
        private final List<InvocationRequest> requests;
        private final FunctionEngine engine;

        Real(int functions) {
            this(functions, EngineSettings.DEFAULTS);
        }

        Real(int functions, EngineSettings settings) {
            engine = new FunctionEngine(
                    (pool, instance) -> pool.ready(instance, new Provided(pool, instance), 0),
                    id -> Optional.of(new InstanceId(id)),
                    new NoLedger(),
                    new NoLogs(),
                    settings,
                    Ticker.system(),
                    new ThreadTimers(),
                    Runnable::run,
                    new Rounds("meter"),
                    work -> () -> Machine.Room.UNKNOWN,
                    new Autoscaler());
            requests = IntStream.range(0, functions)
                    .mapToObj(number -> Deployments.request(deployment(number)))
                    .toList();
        }

        private static Deployment deployment(int number) {
            return Deployments.numbered(Changed.nothing().concurrency(50).limits(), number);
        }

        @Override
        public void once(int function) {
            engine.admit(requests.get(function), Real::answered, address -> {});
        }

        private static void answered(Admission admission) {
            if (!(admission instanceof Admission.Granted(Lease lease))) {
                throw new IllegalStateException("refused: " + admission);
            }
            var invocation = (Invocation) lease;
            var instance = invocation.instance();
            var pool = ((Provided) instance.provided().orElseThrow()).pool();
            long id = lease.id().value();
            pool.started(instance, id);
            lease.finished(Outcome.OK, 200, 0, 6);
            pool.ended(instance, id);
        }
    }

    /** What nothing that hands out slots can do without. */
    private static final class Least implements Subject {
        private final Map<Integer, List<Object>> slots = new HashMap<>();

        /** @param loops that may each hold one at a time */
        Least(int functions, int loops) {
            for (int i = 0; i < functions; i++) {
                slots.put(
                        i,
                        new ArrayList<>(IntStream.range(0, loops)
                                .<Object>mapToObj(each -> new Object())
                                .toList()));
            }
        }

        @Override
        public void once(int function) {
            var free = Objects.requireNonNull(slots.get(function));
            Object slot;
            synchronized (free) {
                slot = free.removeLast();
            }
            synchronized (free) {
                free.add(slot);
            }
        }
    }
}
