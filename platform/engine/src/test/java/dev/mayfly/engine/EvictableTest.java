package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.InvocationId;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** In which order those that are idle leave. */
final class EvictableTest {
    private static final long NOW = Duration.ofMinutes(10).toNanos();
    private static final long MIB = 1 << 20;

    private final World world = new World(Changed.nothing());
    private final Target target = Target.of(Deployments.request(world.deployment));
    private long number;

    private Evictable idle(Duration since, long bytes, Duration coldStart) {
        var instance = new Instance(target, number++, new InvocationId(1), 0, "first request", 0, 0);
        return new Evictable(world.engine.pool(target), instance, NOW - since.toNanos(), bytes, coldStart.toNanos());
    }

    private static Evictable first(Evictable... all) {
        return Stream.of(all).sorted(Evictable.order(NOW)).findFirst().orElseThrow();
    }

    @Test
    void ofEqualOnesTheLongestIdleLeaves() {
        var longer = idle(Duration.ofSeconds(9), MIB, Duration.ofMillis(40));

        assertThat(first(idle(Duration.ofSeconds(8), MIB, Duration.ofMillis(40)), longer))
                .isEqualTo(longer);
    }

    @Test
    void whoIsQuickToHaveAgainLeavesBeforeWhoIsSlow() {
        var quick = idle(Duration.ofSeconds(5), MIB, Duration.ofMillis(3));

        assertThat(first(idle(Duration.ofSeconds(50), MIB, Duration.ofSeconds(2)), quick))
                .isEqualTo(quick);
    }

    @Test
    void whoHoldsMuchLeavesBeforeWhoHoldsLittle() {
        var large = idle(Duration.ofSeconds(5), 100 * MIB, Duration.ofMillis(40));

        assertThat(first(idle(Duration.ofSeconds(6), MIB, Duration.ofMillis(40)), large))
                .isEqualTo(large);
    }

    @Test
    void inTheEndEveryoneLeavesHoweverSlow() {
        var slow = idle(Duration.ofMinutes(9), MIB, Duration.ofSeconds(2));

        assertThat(first(idle(Duration.ofMillis(500), MIB, Duration.ofMillis(3)), slow))
                .isEqualTo(slow);
    }
}
