package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Outcome;
import dev.mayfly.provider.ProvidedInstance;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is left of a function in memory when it has no instance. */
final class IdleHeapTest {
    private static final int FUNCTIONS = 500;
    private static final long MOST_BYTES = 4096;

    private final VirtualTime time = new VirtualTime();
    private final FunctionEngine engine = new FunctionEngine(
            this::start,
            id -> Optional.of(new InstanceId(id)),
            new NoLedger(),
            new NoLogs(),
            EngineSettings.DEFAULTS,
            time,
            time,
            time,
            time,
            work -> () -> Machine.Room.UNKNOWN,
            new Autoscaler());

    private void start(Pool pool, Instance instance) {
        time.after(Duration.ofMillis(1), () -> pool.ready(instance, new Provided(pool, instance), 0));
    }

    @Test
    void aFunctionThatHasServedManyRequestsLeavesLittleBehind() {
        engine.activity().tidyBy(time);
        var deployments = IntStream.range(0, FUNCTIONS)
                .mapToObj(number -> Deployments.numbered(Changed.nothing().limits(), number))
                .toList();
        serveMany(Deployments.numbered(Changed.nothing().limits(), FUNCTIONS)); // what there is once only
        long before = used();

        deployments.forEach(this::serveMany);
        long each = (used() - before) / FUNCTIONS;

        System.out.println("bytes per idle function: " + each);
        assertThat(engine.instances()).isEmpty();
        assertThat(engine.activity().recent()).isEmpty();
        assertThat(each).as("bytes of heap per idle function").isBetween(500L, MOST_BYTES);
        assertThat(engine.decisions(deployments.getFirst().project())).isNotEmpty();
        assertThat(deployments).hasSize(FUNCTIONS);
    }

    /** A burst that fills the queue, then some one after the other, until all rings are full; then nothing. */
    private void serveMany(Deployment deployment) {
        for (int i = 0; i < 100; i++) {
            ask(deployment);
        }
        for (int i = 0; i < 40; i++) {
            time.pass(Duration.ofMillis(20));
            ask(deployment);
        }
        time.pass(Duration.ofMinutes(2));
    }

    private void ask(Deployment deployment) {
        engine.admit(Deployments.request(deployment), admission -> {
            if (admission instanceof Admission.Granted(Lease lease)) {
                var invocation = (Invocation) lease;
                time.after(Duration.ofMillis(5), () -> {
                    lease.finished(Outcome.OK, 200, 0, 0);
                    ((Provided) provided(invocation))
                            .pool()
                            .ended(invocation.instance(), lease.id().value());
                });
            }
        });
    }

    private static ProvidedInstance provided(Invocation invocation) {
        return invocation.instance().provided().orElseThrow();
    }

    private static long used() {
        var runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
