package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Function;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The limits with real threads, which come and go all at once. */
final class PermitsThreadsTest {
    private static final int MOST = 5;
    private static final int REQUESTS = 4000;

    private final Map<String, Worker> instances = new ConcurrentHashMap<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    @Test
    void theLimitHoldsAndEveryRequestIsServed() throws Exception {
        var tenants = new Tenants();
        var functions = List.of("a", "b", "c", "d");
        var shop = tenants.project(
                "team",
                "shop",
                MOST,
                functions.stream()
                        .map(name -> Tenants.function(name, null, REQUESTS, Duration.ofMinutes(5)))
                        .toArray(Function[]::new));
        try (var finishing = Executors.newFixedThreadPool(3);
                var sending = Executors.newFixedThreadPool(3)) {
            var engine = engine();
            engine.limit(tenants.snapshot());
            var done = new CountDownLatch(REQUESTS);
            var refused = new ArrayList<Admission>();
            for (int i = 0; i < REQUESTS; i++) {
                var request = Tenants.request(shop, functions.get(i % functions.size()));
                sending.execute(() -> engine.admit(request, admission -> {
                    if (admission instanceof Admission.Granted(Lease lease)) {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        finishing.execute(() -> {
                            running.decrementAndGet();
                            lease.finished(Outcome.OK, 200, 0, 0);
                            Objects.requireNonNull(instances.get(lease.address()))
                                    .end(lease);
                            done.countDown();
                        });
                    } else {
                        synchronized (refused) {
                            refused.add(admission);
                        }
                        done.countDown();
                    }
                }));
                if (i % 500 == 0) { // a limit that concerns others makes all count anew
                    tenants.project("team", "other", 1 + i, Tenants.function("x", null));
                    engine.limit(tenants.snapshot());
                }
            }

            assertThat(done.await(60, TimeUnit.SECONDS))
                    .as("left: %d", done.getCount())
                    .isTrue();
            assertThat(refused).isEmpty();
            assertThat(most.get()).isBetween(1, MOST);
            engine.drain();
        }
    }

    private record Worker(Pool pool, Instance instance) {
        private void end(Lease lease) {
            pool.ended(instance, lease.id().value());
        }
    }

    private FunctionEngine engine() {
        return new FunctionEngine(
                (pool, instance) -> {
                    var provided = new Provided(pool, instance);
                    instances.put(provided.address(), new Worker(pool, instance));
                    pool.ready(instance, provided, 0);
                },
                id -> Optional.of(new InstanceId(id)),
                new NoLedger(),
                new NoLogs(),
                EngineSettings.DEFAULTS,
                Ticker.system(),
                new ThreadTimers(),
                Runnable::run,
                Runnable::run,
                work -> () -> Machine.Room.UNKNOWN,
                new Autoscaler());
    }
}
