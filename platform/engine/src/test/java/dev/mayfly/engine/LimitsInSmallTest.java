package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Deployment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every order of so many events on the real engine, with three functions under one limit, of which one reserves a part: after each of them as much runs as
 * may and is wanted, and no more. A wake-up that is lost in any order would leave less.
 */
final class LimitsInSmallTest {
    private static final int EVENTS = 6;
    private static final int MOST = 3;
    private static final int RESERVED = 1;
    private static final Duration LONG = Duration.ofSeconds(200);

    private enum Event {
        CALL_A,
        CALL_B,
        CALL_RESERVED,
        COMPLETE_OLDEST,
        COMPLETE_YOUNGEST,
        LEAVE,
        CRASH
    }

    @Test
    void whatMayRunRunsAndNoMore() {
        var wrong = new ArrayList<String>();

        int orders = explore(new Event[EVENTS], 0, MOST, wrong);

        assertThat(wrong).isEmpty();
        assertThat(orders).isEqualTo(117_649); // seven events, six of them
    }

    @Test
    void anotherLimitThanTheOneThatHoldsIsFound() {
        var found = new ArrayList<String>();
        var calls = new Event[] {Event.CALL_A, Event.CALL_B, Event.CALL_A};

        new Small(MOST + 1).run(calls).ifPresent(found::add);
        new Small(MOST - 1).run(calls).ifPresent(found::add);

        assertThat(found).hasSize(2);
    }

    private static int explore(Event[] order, int depth, int expected, List<String> wrong) {
        if (depth == order.length) {
            new Small(expected).run(order).ifPresent(wrong::add);
            return 1;
        }
        int orders = 0;
        for (var event : Event.values()) {
            order[depth] = event;
            orders += explore(order, depth + 1, expected, wrong);
        }
        return orders;
    }

    private static final class Small {
        private final World world = new World(Changed.nothing());
        private final Deployment shop;
        private final int expected;
        private final List<World.Call> shared = new ArrayList<>();
        private final List<World.Call> reserved = new ArrayList<>();

        /** @param expected what is taken for the limit */
        private Small(int expected) {
            this.expected = expected;
            var tenants = new Tenants();
            shop = tenants.project(
                    "team",
                    "shop",
                    MOST,
                    Tenants.function("a", null),
                    Tenants.function("b", null),
                    Tenants.function("r", RESERVED));
            world.engine.limit(tenants.snapshot());
        }

        /** What was wrong, if anything was. */
        private Optional<String> run(Event... order) {
            for (int i = 0; i < order.length; i++) {
                happen(order[i]);
                world.pass(Duration.ofMillis(500));
                long wanted = shared.stream().filter(Small::open).count();
                long most = Math.min(wanted, expected - RESERVED);
                long ofReserved = Math.min(reserved.stream().filter(Small::open).count(), RESERVED);
                if (running(shared) != most || running(reserved) != ofReserved) {
                    return Optional.of("after %s: %d and %d run (expected: %d and %d)"
                            .formatted(
                                    List.of(order).subList(0, i + 1),
                                    running(shared),
                                    running(reserved),
                                    most,
                                    ofReserved));
                }
            }
            return Optional.empty();
        }

        private void happen(Event event) {
            switch (event) {
                case CALL_A -> shared.addAll(Tenants.call(world, shop, "a", 1, LONG));
                case CALL_B -> shared.addAll(Tenants.call(world, shop, "b", 1, LONG));
                case CALL_RESERVED -> reserved.addAll(Tenants.call(world, shop, "r", 1, LONG));
                case COMPLETE_OLDEST -> all().filter(Small::runs).findFirst().ifPresent(World.Call::complete);
                case COMPLETE_YOUNGEST ->
                    all().filter(Small::runs).reduce((one, next) -> next).ifPresent(World.Call::complete);
                case LEAVE ->
                    all().filter(call -> call.answers == 0).findFirst().ifPresent(call -> {
                        call.place.giveUp();
                        shared.remove(call);
                        reserved.remove(call);
                    });
                case CRASH -> world.live().stream().findFirst().ifPresent(each -> each.exit(1));
            }
        }

        private Stream<World.Call> all() {
            return Stream.concat(shared.stream(), reserved.stream());
        }

        private static boolean open(World.Call call) {
            return call.answers == 0 || runs(call);
        }

        private static boolean runs(World.Call call) {
            return call.lease != null && !call.done;
        }

        private static long running(List<World.Call> calls) {
            return calls.stream().filter(Small::runs).count();
        }
    }
}
