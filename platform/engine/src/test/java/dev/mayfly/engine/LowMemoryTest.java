package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.ErrorCode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A machine that has little memory left. An instance of the function here is expected to use 64 MiB. */
final class LowMemoryTest {
    private static final Duration MS = Duration.ofMillis(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Machine.Room NONE = new Machine.Room(8, 1 << 20);
    private static final Machine.Room FOR_ONE = new Machine.Room(8, 100 << 20);

    private final World world = new World(Changed.nothing());

    private void callAnother(int function) {
        var other = Deployments.numbered(Changed.nothing().limits(), function);
        world.engine.admit(Deployments.request(other), admission -> {
            if (admission instanceof Admission.Granted(Lease lease)) {
                lease.giveUp();
            }
        });
    }

    @Test
    void functionsThatStartAtOnceAreNotEachGivenTheSameMemory() {
        world.room = FOR_ONE;

        world.call(MS);
        callAnother(1);
        callAnother(2);
        assertThat(world.instances).hasSize(1);
        world.pass(SECOND);

        assertThat(world.instances).hasSize(3); // what the first one took is what the machine shows by now
    }

    @Test
    void aStartThatFailedTakesNothing() {
        world.room = FOR_ONE;
        world.startProblem = world.broken();
        world.call(MS);
        world.pass(SECOND);

        callAnother(1);

        assertThat(world.instances).hasSize(2);
    }

    @Test
    void afterQuietTheMachineIsLookedAtFirst() {
        world.unread = NONE;
        var call = world.call(MS);
        assertThat(world.instances).isEmpty();
        world.pass(SECOND);
        assertThat(world.instances).isEmpty();

        world.room = FOR_ONE;
        world.pass(SECOND);

        assertThat(call.lease).isNotNull();
    }

    @Test
    void lookingAtItTakesNoLongerThanThat() {
        world.unread = FOR_ONE;
        world.call(MS);

        world.time.settle();

        assertThat(world.instances).hasSize(1);
    }

    @Test
    void whoWaitedForMemoryIsToldSo() {
        world.room = NONE;
        var call = world.call(MS);

        world.pass(Duration.ofSeconds(31));

        assertThat(call.refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_THROTTLED);
        assertThat(call.refused().problem().message())
                .isEqualTo(
                        "No instance of api/hello could be started within 30 s: the machine has too little memory left"
                                + " (64 MiB are expected to be needed).");
        assertThat(call.refused().problem().fix()).contains("memory");
        assertThat(world.engine.decisions(call.refused().id()))
                .extracting(Decision::reason)
                .contains(Reason.WAITED_FOR_MEMORY);
    }

    @Test
    void idleInstancesOfOthersMakeRoomTheLongestIdleFirst() {
        callAnother(1);
        world.pass(SECOND);
        callAnother(2);
        world.pass(SECOND);
        var busy = world.call(Duration.ofSeconds(20));
        world.pass(SECOND);
        assertThat(world.live()).hasSize(3);
        world.memory = 3 * World.EACH;

        callAnother(3);
        world.pass(SECOND);
        assertThat(world.instances).hasSize(4);
        assertThat(world.instances.get(0).drained).isTrue();
        assertThat(world.instances.get(1).drained).isFalse();
        callAnother(4);
        callAnother(5);
        world.pass(SECOND);

        assertThat(world.instances.get(1).drained).isTrue();
        assertThat(busy.on().drained).isFalse();
        assertThat(world.instances).hasSize(6);
    }
}
