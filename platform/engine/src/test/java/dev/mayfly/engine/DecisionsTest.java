package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.engine.Reason.Kind;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the engine says of what it did by itself. */
final class DecisionsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static Duration ms(long count) {
        return Duration.ofMillis(count);
    }

    private static List<Decision> all(World world) {
        return world.engine.decisions(new ProjectName("hello"));
    }

    private static List<Reason> of(World world, World.Call call) {
        var id = call.lease != null ? call.lease.id() : call.refused().id();
        return world.engine.decisions(id).stream().map(Decision::reason).toList();
    }

    @Test
    void aColdRequestWaitedForTheInstanceThatWasStartedForIt() {
        var world = new World(Changed.nothing());
        var call = world.call(ms(3));
        world.pass(SECOND);

        assertThat(of(world, call))
                .containsExactly(Reason.INSTANCE_ON_ITS_WAY, Reason.NO_INSTANCE, Reason.SLOT_AFTER_WAITING);
        var started = all(world).get(1);
        var served = all(world).getLast();
        assertThat(started.instance()).isEqualTo(served.instance()).contains(call.on().instance.id);
        assertThat(started.reason().setting()).isEqualTo("idleTimeout");
        assertThat(served.inputs().waitedMicros()).isEqualTo(40_000);
        assertThat(served.inputs().coldStartMicros()).isEqualTo(40_000);
        assertThat(served.at() - started.at()).isEqualTo(40);
    }

    @Test
    void aWarmRequestFoundAFreeSlot() {
        var world = new World(Changed.nothing());
        world.call(ms(3));
        world.pass(SECOND);

        var call = world.call(ms(3));

        assertThat(of(world, call)).containsExactly(Reason.FREE_SLOT);
        assertThat(all(world).getLast().inputs().serviceMicros()).isEqualTo(3_000);
    }

    @Test
    void whoWaitsAtTheLimitIsToldOfIt() {
        var world = new World(Changed.nothing().maxInstances(1).queue(1, SECOND));
        world.call(Duration.ofSeconds(10));
        world.pass(ms(100));
        var waits = world.call(ms(3));
        var refused = world.call(ms(3));
        world.pass(SECOND);

        assertThat(of(world, waits)).containsExactly(Reason.MOST_INSTANCES, Reason.WAITED_TOO_LONG);
        assertThat(of(world, refused)).containsExactly(Reason.QUEUE_FULL);
        assertThat(all(world).stream()
                        .filter(each -> each.kind() == Kind.THROTTLE
                                && each.invocation().isEmpty()))
                .as("held back once, however often it was decided")
                .hasSize(1);
    }

    @Test
    void instancesThatGoSayWhy() {
        var world = new World(Changed.nothing().timeout(SECOND).idleTimeout(SECOND));
        world.call(SECOND).hangs = true;
        world.pass(Duration.ofSeconds(2));
        world.call(ms(3));
        world.pass(ms(100));
        world.live().getFirst().exit(1);
        world.call(ms(3));
        world.pass(Duration.ofSeconds(5));

        assertThat(all(world).stream().map(Decision::reason))
                .containsSubsequence(Reason.TIMED_OUT, Reason.CRASHED, Reason.IDLE);
    }

    @Test
    void aRetryAndTheInstanceThatCouldNotBeReachedAreTold() {
        var world = new World(Changed.nothing());
        world.call(ms(3));
        world.pass(SECOND);
        var lease = new Lease[1];
        world.engine.admit(Deployments.request(world.deployment), admission -> {
            if (admission instanceof Admission.Granted(Lease granted)) {
                lease[0] = granted;
            }
        });

        lease[0].notStarted();

        assertThat(world.engine.decisions(lease[0].id()).stream().map(Decision::reason))
                .containsExactly(Reason.FREE_SLOT, Reason.NOT_REACHED);
        assertThat(all(world).stream().map(Decision::reason)).contains(Reason.UNREACHABLE);
    }

    @Test
    void whoWasLedByWeightIsToldOfTheWeightsAndWhoIsAskedAgainThatItIs() {
        var world = new World(Changed.nothing());
        var two = new Alias(
                AliasName.PRODUCTION,
                List.of(new Share(world.deployment.id(), 9), new Share(new DeploymentId("0000000000"), 1)),
                new Stickiness.None());
        var choice = new SplitChoice(two, SplitChoice.By.TURN, 3, 10);
        var ids = new ArrayList<InvocationId>();
        for (int i = 0; i < 20; i++) {
            world.engine.admit(led(world, choice, null), admission -> {
                if (admission instanceof Admission.Granted(Lease granted)) {
                    ids.add(granted.id());
                    granted.finished(Outcome.OK, 200, 0, 0);
                }
            });
            world.pass(SECOND);
        }
        world.engine.admit(led(world, choice, ids.getLast()), admission -> {
            if (admission instanceof Admission.Granted(Lease granted)) {
                ids.add(granted.id());
            }
        });

        var led = world.engine.decisions(ids.get(19));
        assertThat(led.getFirst().reason()).isEqualTo(Reason.LED_BY_WEIGHT);
        assertThat(led.getFirst().split()).contains(choice);
        assertThat(world.engine.decisions(ids.get(20)).stream().map(Decision::reason))
                .containsExactly(Reason.SECOND_ATTEMPT, Reason.FREE_SLOT);
        assertThat(world.engine.decisions(ids.getFirst()).stream().map(Decision::reason))
                .as("the oldest is forgotten")
                .doesNotContain(Reason.LED_BY_WEIGHT);
    }

    private static InvocationRequest led(World world, SplitChoice choice, @Nullable InvocationId before) {
        var plain = Deployments.request(world.deployment);
        return new InvocationRequest(
                plain.deployment(),
                plain.function(),
                plain.trigger(),
                plain.method(),
                plain.path(),
                plain.caller(),
                choice,
                before);
    }

    @Test
    void manyRequestsDoNotPushOutWhyThereAreInstances() {
        var world = new World(Changed.nothing());
        world.call(ms(1));
        world.pass(SECOND);
        for (int i = 0; i < 1000; i++) {
            world.call(ms(1));
            world.pass(ms(2));
        }

        var decisions = all(world);
        assertThat(decisions.stream().map(Decision::reason))
                .startsWith(Reason.INSTANCE_ON_ITS_WAY, Reason.NO_INSTANCE, Reason.SLOT_AFTER_WAITING);
        var state = world.engine.functions(new ProjectName("hello")).getFirst();
        assertThat(state.forgotten()).isEqualTo(1003 - decisions.size());
        assertThat(state.startedFor()).isEqualTo(Map.of(Reason.NO_INSTANCE, 1));
        assertThat(decisions).hasSizeLessThanOrEqualTo(2 * DecisionRing.MOST);
        assertThat(decisions).isSortedAccordingTo((a, b) -> Long.compare(a.at(), b.at()));
    }

    @Test
    void theRingKeepsTheLastOnesAndWhatIsTooLargeAsTheLargest() {
        var ring = new DecisionRing();
        for (int i = 1; i <= 100; i++) {
            ring.add(i, Reason.FREE_SLOT, i, 7, 1 << 30, 70_000, i, 300, 1L << 40, i, i);
        }
        var ids = new ArrayList<Long>();
        var inputs = new ArrayList<Decision.Inputs>();
        ring.each(0, (at, reason, invocation, instance, each) -> {
            ids.add(invocation);
            inputs.add(each);
        });

        assertThat(ids).isEqualTo(Stream.iterate(85L, id -> id + 1).limit(16).toList());
        assertThat(inputs.getLast())
                .isEqualTo(new Decision.Inputs((1 << 20) - 1, 65_535, 100, 300, (1L << 32) - 1, 100, 100));
    }

    @Test
    void theWallClockMayBeSetWithoutChangingTheOrder() {
        var world = new World(Changed.nothing());
        var call = world.call(ms(3));
        world.pass(SECOND);
        world.time.turnWallClock(Duration.ofHours(-5));
        world.call(ms(3));
        world.pass(SECOND);

        assertThat(all(world).getFirst().invocation()).contains(call.lease().id());
        assertThat(all(world)).allMatch(each -> each.at() <= world.time.millis());
    }

    @Test
    void everyReasonNamesWhatWouldHaveChangedIt() {
        assertThat(Arrays.stream(Reason.values())).allSatisfy(reason -> {
            assertThat(reason.setting()).isNotBlank();
            assertThat(reason.words()).isNotBlank();
        });
        assertThat(Arrays.stream(Reason.values()).map(Reason::kind)).contains(Kind.values());
    }
}
