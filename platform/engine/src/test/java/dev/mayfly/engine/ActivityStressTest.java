package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProjectName;
import java.util.HashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Nothing that is counted gets lost or is counted twice, though functions leave and are read while it is added. */
final class ActivityStressTest {
    private static final int WRITERS = 4;
    private static final int EACH = 60_000;
    private static final int FUNCTIONS = 12;

    /** Of which a room is made by whoever asks for it, on another thread, at once and again and again. */
    private static final class Restless implements Timers {
        @Override
        public Timer schedule(long delayNanos, Runnable task) {
            Thread.ofVirtual().start(task);
            return () -> {};
        }

        @Override
        public void close() {}
    }

    private static final class Clock implements Ticker {
        private final AtomicLong nanos = new AtomicLong();

        @Override
        public long nanos() {
            return nanos.get();
        }

        @Override
        public long millis() {
            return nanos.get() / 1_000_000;
        }
    }

    private static void write(IntConsumer one) throws InterruptedException {
        var go = new CountDownLatch(1);
        var threads = IntStream.range(0, WRITERS)
                .mapToObj(writer -> Thread.ofPlatform().start(() -> {
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    for (int i = 0; i < EACH; i++) {
                        one.accept(i * WRITERS + writer);
                    }
                }))
                .toList();
        go.countDown();
        for (var thread : threads) {
            thread.join();
        }
    }

    private static long refused(Totals.View view) {
        return view.functions().values().stream()
                        .mapToLong(counts -> counts.requests().getOrDefault("refused", 0L))
                        .sum()
                + view.others().requests().getOrDefault("refused", 0L);
    }

    @Test
    void everyRequestIsCountedOnceWhileFunctionsComeAndGo() throws InterruptedException {
        var clock = new Clock();
        var activity = new Activity(clock, FUNCTIONS / 3).tidyBy(new Restless());
        activity.name(FUNCTIONS / 2);
        var functions = IntStream.range(0, FUNCTIONS)
                .mapToObj(i -> new ProjectFunction(new ProjectName("p" + i), new FunctionName("f")))
                .toList();
        var done = new AtomicBoolean();
        var smaller = new AtomicBoolean();
        var reader = Thread.ofPlatform().start(() -> {
            var before = new HashMap<ProjectFunction, Long>();
            long others = 0;
            while (!done.get()) {
                var totals = activity.totals();
                totals.functions().forEach((function, counts) -> {
                    long now = counts.decisions(Reason.FREE_SLOT);
                    if (now < before.getOrDefault(function, 0L)) {
                        smaller.set(true);
                    }
                    before.put(function, now);
                });
                if (totals.others().decisions(Reason.FREE_SLOT) < others) {
                    smaller.set(true);
                }
                others = totals.others().decisions(Reason.FREE_SLOT);
                activity.recent();
            }
        });

        write(i -> {
            activity.refused(functions.get(i % FUNCTIONS), new InvocationId(i + 1), 503, "busy");
            activity.decided(functions.get(i % FUNCTIONS), Reason.FREE_SLOT);
        });
        done.set(true);
        reader.join();

        assertThat(smaller).as("a number that got smaller").isFalse();
        activity.name(FUNCTIONS);
        activity.totals();
        assertThat(refused(activity.totals())).isEqualTo((long) WRITERS * EACH);
    }

    @Test
    void everyRequestIsInItsSecond() throws InterruptedException {
        var seconds = new RecentSeconds();

        write(i -> seconds.ran(i % 8, 1_000, false, false, 1, 1));

        var read = seconds.read(8_000_000_000L);
        assertThat(read.ended()).isEqualTo((long) WRITERS * EACH);
        assertThat(read.cpuMicros()).isEqualTo((long) WRITERS * EACH);
    }

    /** The canary: the same load on an adder that takes what it added apart from writing it must lose something. */
    @Test
    void theLoadFindsAnAdderThatLosesSomething() throws InterruptedException {
        var counts = new AtomicLongArray(1);

        write(i -> counts.set(0, counts.get(0) + 1));

        assertThat(counts.get(0)).isLessThan((long) WRITERS * EACH);
    }
}
