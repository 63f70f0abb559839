package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Clients of one function take turns. */
final class FairnessTest {
    private static final Duration RUN = Duration.ofMillis(100);
    private static final Caller MANY = new Caller.Outside("192.0.2.1");
    private static final Caller FEW = new Caller.Outside("192.0.2.2");

    @Test
    void whoSendsManyDelaysThemselves() {
        var world = busy(1000);
        var many = send(world, MANY, 100);
        var few = send(world, FEW, 2);

        world.pass(RUN.multipliedBy(5));

        assertThat(few).allMatch(call -> call.answers == 1);
        assertThat(many.stream().filter(call -> call.answers == 1)).hasSizeBetween(1, 3);
    }

    @Test
    void theRequestsOfOneClientKeepTheirOrder() {
        var world = busy(1000);
        var calls = send(world, MANY, 10);
        send(world, FEW, 3);

        world.pass(Duration.ofSeconds(5));

        assertThat(calls).isSortedAccordingTo((a, b) -> Long.compare(a.grantedAt, b.grantedAt));
        assertThat(calls).allMatch(call -> call.lease != null);
    }

    @Test
    void whereTheQueueIsFullWhoHasMostInItGivesWay() {
        var world = busy(10);
        var many = send(world, MANY, 10);

        var few = send(world, FEW, 6);

        assertThat(few.subList(0, 5)).allMatch(call -> call.refused == null);
        assertThat(few.get(5).refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_THROTTLED);
        assertThat(many.subList(0, 5)).allMatch(call -> call.refused == null);
        assertThat(many.subList(5, 10)).allMatch(call -> call.refused != null);
    }

    @Test
    void whoHasMostGivesWayHoweverManyOthersHaveLittle() {
        var world = busy(1000);
        var many = send(world, MANY, 900);
        IntStream.range(0, 90).forEach(i -> send(world, new Caller.Outside("198.51.100." + i), 1));
        var few = send(world, FEW, 10);

        var next = world.call(RUN, FEW);

        assertThat(few).allMatch(call -> call.refused == null);
        assertThat(next.refused).isNull();
        assertThat(many.getLast().refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_THROTTLED);
    }

    @Test
    void aloneInTheQueueTheLastIsRefused() {
        var world = busy(10);
        var calls = send(world, MANY, 11);

        assertThat(calls.getLast().refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_THROTTLED);
        assertThat(calls.subList(0, 10)).allMatch(call -> call.refused == null);
    }

    /** One instance, which has something to do for a while. */
    private static World busy(int queue) {
        var world = new World(Changed.nothing().maxInstances(1).queue(queue, Duration.ofSeconds(30)));
        world.call(RUN);
        world.pass(Duration.ofMillis(50));
        return world;
    }

    private static List<World.Call> send(World world, Caller caller, int count) {
        return IntStream.range(0, count).mapToObj(i -> world.call(RUN, caller)).toList();
    }
}
