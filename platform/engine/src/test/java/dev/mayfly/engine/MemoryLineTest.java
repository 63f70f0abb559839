package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Who gets memory first. */
final class MemoryLineTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final World world = new World(Changed.nothing());
    private final MemoryLine line = new MemoryLine();
    private final Pool one = pool(1);
    private final Pool two = pool(2);
    private final Pool three = pool(3);

    private Pool pool(int number) {
        var deployment = Deployments.numbered(Changed.nothing().limits(), number);
        return world.engine.pool(Target.of(Deployments.request(deployment)));
    }

    @Test
    void whoComesLaterGetsWhatThoseBeforeLeave() {
        line.join(one, 10, 0);
        line.join(two, 20, 0);

        assertThat(line.before(one, 0)).isZero();
        assertThat(line.before(two, 0)).isEqualTo(10);
        assertThat(line.before(three, 0)).isEqualTo(30);
        assertThat(line.wanted(0)).isEqualTo(30);
    }

    @Test
    void whoAsksAgainKeepsItsPlace() {
        line.join(one, 10, 0);
        line.join(two, 20, 0);
        line.join(one, 15, SECOND);

        assertThat(line.first(40, SECOND)).containsExactly(one, two);
        assertThat(line.before(two, SECOND)).isEqualTo(15);
        assertThat(line.since(0, SECOND)).containsExactly(one, two);
    }

    @Test
    void whoNeedsLittleDoesNotGetWhatIsTooLittleForTheFirst() {
        line.join(one, 10, 0);
        line.join(two, 1, 0);

        assertThat(line.first(9, 0)).isEmpty();
        assertThat(line.first(10, 0)).containsExactly(one);
    }

    @Test
    void whoLeavesOrAsksNoMoreIsForgotten() {
        line.join(one, 10, 0);
        line.join(two, 20, 0);
        line.leave(one);
        assertThat(line.before(two, 0)).isZero();
        assertThat(line.isEmpty()).isFalse();

        assertThat(line.wanted(3 * SECOND)).isZero();
        assertThat(line.isEmpty()).isTrue();
    }
}
