package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Trigger;
import dev.mayfly.model.UsageRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is told of functions that are called, and that nothing is kept of those that are not. */
final class ActivityTest {
    private final VirtualTime time = new VirtualTime();
    private long ids;

    private static ProjectFunction named(int number) {
        return new ProjectFunction(new ProjectName("p" + number), new FunctionName("api/f"));
    }

    private UsageRecord usage(int number, long micros, Outcome outcome, int status) {
        return new UsageRecord(
                new InvocationId(++ids),
                named(number).project(),
                new DeploymentId("0123456789"),
                named(number).function(),
                new InstanceId("i"),
                Trigger.HTTP,
                0,
                0,
                0,
                micros,
                1,
                1 << 20,
                1_000_000,
                500_000,
                CpuSource.PROC,
                0,
                0,
                outcome,
                status,
                false,
                ColdStart.NONE);
    }

    @Test
    void whatEndedWithinTenSecondsIsTold() {
        var activity = new Activity(time).tidyBy(time);
        for (int i = 0; i < 98; i++) {
            activity.ended(usage(1, 4_000, Outcome.OK, 200), "");
        }
        activity.ended(usage(1, 900_000, Outcome.OK, 503), "");
        activity.ended(usage(1, 900_000, Outcome.FAILED, 500), "it broke");
        activity.refused(named(1), new InvocationId(77), 503, "all are busy");
        activity.left(named(1));

        var recent = Objects.requireNonNull(activity.recent().get(named(1)));
        assertThat(recent.ended()).isEqualTo(102);
        assertThat(recent.errors()).isEqualTo(3);
        assertThat(recent.p50Micros()).isBetween(3_500L, 4_500L);
        assertThat(recent.p99Micros()).isBetween(787_500L, 1_012_500L);
        assertThat(recent.cpuMicros()).isEqualTo(100 * 500_000L);
        assertThat(recent.memoryByteMicros()).isEqualTo(100.0 * (1 << 20) * 1_000_000);
        assertThat(activity.errors(named(1)))
                .extracting(RecentErrors.Entry::text)
                .containsExactlyInAnyOrder("all are busy", "it broke", "answered 503");

        time.pass(Duration.ofSeconds(11));
        assertThat(Objects.requireNonNull(activity.recent().get(named(1))).ended())
                .isZero();
    }

    @Test
    void ofAFunctionThatIsNotCalledForAMinuteOnlyTheTotalsStay() {
        var activity = new Activity(time).tidyBy(time);
        activity.ended(usage(1, 4_000, Outcome.OK, 200), "");

        time.pass(Duration.ofMinutes(3));

        assertThat(activity.recent()).isEmpty();
        assertThat(activity.errors(named(1))).isEmpty();
        assertThat(Objects.requireNonNull(activity.totals().functions().get(named(1)))
                        .requests())
                .containsEntry("ok", 1L);
    }

    @Test
    void whenTooManyAreCalledTheBusiestAreToldApart() {
        var activity = new Activity(time, 100).tidyBy(time);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 1000; i++) {
                activity.ended(usage(i, 4_000, Outcome.OK, 200), "");
                activity.ended(usage(999, 4_000, Outcome.OK, 200), "");
            }
            time.pass(Duration.ofSeconds(2));
        }

        assertThat(activity.crowded()).isTrue();
        assertThat(activity.recent()).hasSizeLessThanOrEqualTo(100).containsKey(named(999));
        assertThat(sum(activity.totals())).isEqualTo(5 * 2000);
    }

    @Test
    void noNumberOfAFunctionOrOfTheOthersEverGetsSmaller() {
        var activity = new Activity(time).tidyBy(time);
        activity.name(10);
        var random = new Random(7);
        var before = new HashMap<ProjectFunction, Long>();
        var renamed = new HashSet<ProjectFunction>();
        long others = 0;
        long sent = 0;
        for (int round = 0; round < 200; round++) {
            int busy = random.nextInt(50);
            for (int i = 0; i < 100; i++) {
                activity.ended(usage(i % 2 == 0 ? busy : random.nextInt(50), 4_000, Outcome.OK, 200), "");
                sent++;
            }
            time.pass(Duration.ofSeconds(random.nextInt(200)));
            var totals = activity.totals();
            assertThat(totals.functions()).hasSizeLessThanOrEqualTo(10);
            totals.functions().forEach((function, counts) -> {
                long now = counts.requests().getOrDefault("ok", 0L);
                assertThat(now).isGreaterThanOrEqualTo(before.getOrDefault(function, 0L));
                before.put(function, now);
                renamed.add(function);
            });
            long now = totals.others().requests().getOrDefault("ok", 0L);
            assertThat(now).isGreaterThanOrEqualTo(others);
            others = now;
        }
        assertThat(renamed).as("functions that were named at some time").hasSizeGreaterThan(10);

        activity.name(50); // what was counted of those that are not named now is there still
        activity.totals();
        assertThat(sum(activity.totals())).isEqualTo(sent);
    }

    @Test
    void aFunctionThatBecomesBusyIsNamedAndOneThatIsNotMakesWay() {
        var activity = new Activity(time).tidyBy(time);
        activity.name(2);
        for (int i = 1; i <= 2; i++) {
            activity.ended(usage(i, 1, Outcome.OK, 200), "");
            activity.totals();
        }
        for (int i = 0; i < 50; i++) {
            activity.ended(usage(2, 1, Outcome.OK, 200), "");
            activity.ended(usage(3, 1, Outcome.OK, 200), "");
        }

        assertThat(activity.totals().functions()).containsOnlyKeys(named(2), named(3));
    }

    @Test
    void decisionsAreCountedByReason() {
        var world = new World(Changed.nothing());
        world.call(Duration.ofMillis(5));
        world.pass(Duration.ofSeconds(1));
        world.call(Duration.ofMillis(5));
        world.pass(Duration.ofMinutes(5));

        var counts =
                world.engine.activity().totals().functions().values().iterator().next();
        assertThat(counts.decisions(Reason.NO_INSTANCE)).isEqualTo(1);
        assertThat(counts.decisions(Reason.SLOT_AFTER_WAITING)).isEqualTo(1);
        assertThat(counts.decisions(Reason.FREE_SLOT)).isEqualTo(1);
        assertThat(counts.decisions(Reason.IDLE)).isEqualTo(1);
        assertThat(counts.requests()).containsEntry("ok", 2L);
        assertThat(counts.coldStarts()).isEqualTo(1);
        assertThat(world.engine.waiting()).isEmpty();
    }

    private static long sum(Totals.View totals) {
        return totals.functions().values().stream()
                        .mapToLong(counts -> counts.requests().getOrDefault("ok", 0L))
                        .sum()
                + totals.others().requests().getOrDefault("ok", 0L);
    }
}
