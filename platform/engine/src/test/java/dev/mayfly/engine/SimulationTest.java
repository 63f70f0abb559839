package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.UnmeteredUsage;
import dev.mayfly.model.UsageRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens, in whatever order, these hold. A failure names the seed that repeats it. */
final class SimulationTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void theBooksBalanceAndTheLimitsHold(long seed) {
        var random = new Random(seed);
        int concurrency = 1 + random.nextInt(8);
        int most = 1 + random.nextInt(6);
        var queueTimeout = Duration.ofMillis(200 + random.nextInt(2000));
        var world = new World(Changed.nothing()
                .concurrency(concurrency)
                .maxInstances(most)
                .timeout(Duration.ofMillis(300 + random.nextInt(1000)))
                .idleTimeout(Duration.ofMillis(random.nextInt(500)))
                .queue(random.nextInt(20), queueTimeout));
        var calls = new ArrayList<World.Call>();

        for (int i = 0; i < 2000; i++) {
            world.startProblem = random.nextInt(10) == 0 ? world.broken() : null;
            if (random.nextInt(4) != 0) {
                calls.add(someCall(world, random));
            }
            disturb(world, random);
            world.pass(Duration.ofNanos(random.nextInt(20_000) * 1000L));
            assertThat(world.engine.instances().stream()
                            .filter(each -> !each.state().equals("draining")))
                    .hasSizeLessThanOrEqualTo(most);
        }
        world.startProblem = null;
        world.pass(Duration.ofMinutes(5));

        assertThat(world.live()).isEmpty();
        assertThat(world.engine.instances()).isEmpty();
        assertThat(calls).allSatisfy(call -> {
            assertThat(call.answers).isEqualTo(1);
            long waited = (call.lease == null ? 0 : call.grantedAt - call.acceptedAt);
            assertThat(waited).isLessThanOrEqualTo(queueTimeout.toNanos());
        });
        assertThat(world.instances).allSatisfy(each -> assertThat(each.most).isLessThanOrEqualTo(concurrency));
        assertRecords(world, calls);
        for (var instance : world.instances) {
            assertReconciled(world, instance);
        }
    }

    private static World.Call someCall(World world, Random random) {
        var call = world.call(Duration.ofNanos(random.nextInt(200_000) * 1000L));
        call.burn = random.nextInt(100_000);
        call.hangs = random.nextInt(30) == 0;
        call.background = Duration.ofNanos(random.nextInt(5) == 0 ? random.nextInt(300_000) * 1000L : 0);
        return call;
    }

    private static void disturb(World world, Random random) {
        for (var instance : world.live()) {
            switch (random.nextInt(200)) {
                case 0 -> instance.exit(random.nextBoolean() ? 1 : 137);
                case 1 -> instance.burn(random.nextInt(50_000));
                case 2 ->
                    instance.running.values().stream()
                            .findFirst()
                            .ifPresent(call -> call.finish(Outcome.DISCONNECTED, 0));
                case 3 -> instance.leavesWhenDrained = false;
                default -> {}
            }
        }
    }

    /** One for each that ran or that a failed start has failed, and none for the others. */
    private static void assertRecords(World world, List<World.Call> calls) {
        long expected = calls.stream()
                .filter(call -> call.lease != null
                        || call.refused().problem().message().contains("no such luck")
                        || call.refused().problem().message().contains("process"))
                .count();
        assertThat(world.ledger.records).hasSize((int) expected);
        assertThat(world.ledger.records.stream().map(UsageRecord::id).distinct())
                .hasSize((int) expected);
    }

    private static void assertReconciled(World world, World.FakeInstance instance) {
        var id = instance.instance.id;
        var records = world.ledger.records.stream()
                .filter(each -> each.instance().equals(id))
                .toList();
        long metered = records.stream().mapToLong(UsageRecord::cpuMicros).sum();
        long unmetered = world.ledger.unmetered.stream()
                .filter(each -> each.instance().equals(id))
                .mapToLong(UnmeteredUsage::cpuMicros)
                .sum();
        assertThat(metered + unmetered).isEqualTo(instance.cpuMicros());
        assertThat(records.stream().mapToLong(UsageRecord::memoryMicros).sum())
                .isEqualTo(union(
                        records.stream().filter(each -> each.runMicros() > 0).toList(), world));
    }

    private static long union(List<UsageRecord> records, World world) {
        var spans = records.stream()
                .map(each -> {
                    long start = world.dispatchedMicros(each.id());
                    return new long[] {start, start + each.runMicros()};
                })
                .sorted(Comparator.comparingLong(span -> span[0]))
                .toList();
        long total = 0;
        long covered = Long.MIN_VALUE;
        for (var span : spans) {
            total += Math.max(0, span[1] - Math.max(covered, span[0]));
            covered = Math.max(covered, span[1]);
        }
        return total;
    }
}
