package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ScaleDecisionTest {
    private static ScaleDecision decide(int waiting, int settling, int starting, int serving, int concurrency) {
        return ScaleDecision.decide(new PoolSnapshot(waiting, settling, starting, serving, concurrency, 20, false, 0));
    }

    @Test
    void noOneWaitingNeedsNoInstance() {
        assertThat(decide(0, 0, 0, 0, 1)).isEqualTo(new ScaleDecision.Stay());
    }

    @Test
    void theFirstRequestNeedsOne() {
        assertThat(decide(1, 0, 0, 0, 1)).isEqualTo(new ScaleDecision.Start(1, "first request"));
    }

    @Test
    void requestsShareInstancesAsFarAsConcurrencyAllows() {
        assertThat(decide(17, 0, 0, 1, 8)).isEqualTo(new ScaleDecision.Start(3, "17 requests waited"));
    }

    @Test
    void thoseOnTheirWayCount() {
        assertThat(decide(17, 0, 3, 1, 8)).isEqualTo(new ScaleDecision.Stay());
    }

    @Test
    void slotsAboutToBeFreeCount() {
        assertThat(decide(1, 1, 0, 1, 1)).isEqualTo(new ScaleDecision.Stay());
    }

    @Test
    void theLimitHolds() {
        assertThat(decide(1000, 0, 5, 10, 1)).isEqualTo(new ScaleDecision.Start(5, "1000 requests waited"));
    }

    @Test
    void afterAFailureOneIsTriedAfterAWhile() {
        assertThat(ScaleDecision.decide(new PoolSnapshot(9, 0, 0, 0, 1, 20, true, 5)))
                .isEqualTo(new ScaleDecision.Later(5));
        assertThat(ScaleDecision.decide(new PoolSnapshot(9, 0, 0, 0, 1, 20, true, 0)))
                .isEqualTo(new ScaleDecision.Start(1, "first request"));
    }
}
