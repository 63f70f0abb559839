package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.ScaleDecision.Drain;
import dev.mayfly.engine.ScaleDecision.Later;
import dev.mayfly.engine.ScaleDecision.Start;
import dev.mayfly.engine.ScaleDecision.Stay;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How many instances there should be, case by case. */
final class AutoscalerTest {
    private static ScaleDecision grow(Situation situation) {
        return new Autoscaler().grow(situation.snapshot());
    }

    private static int started(Situation situation) {
        return grow(situation) instanceof Start(int count, Reason reason) ? count : 0;
    }

    // --- of a function that has not shown anything yet

    @Test
    void noOneWaitingNeedsNoInstance() {
        assertThat(grow(new Situation())).isEqualTo(new Stay(Reason.SLOT_COMES_SOONER));
    }

    @Test
    void theFirstRequestNeedsOne() {
        assertThat(grow(new Situation().waiting(1))).isEqualTo(new Start(1, Reason.NO_INSTANCE));
    }

    @Test
    void requestsShareInstancesAsFarAsConcurrencyAllows() {
        assertThat(grow(new Situation().concurrency(8).serving(1).waiting(17)))
                .isEqualTo(new Start(3, Reason.WAITING_COSTS_MORE));
    }

    @Test
    void thoseOnTheirWayCount() {
        assertThat(grow(new Situation().concurrency(8).serving(1).starting(3).waiting(17)))
                .isEqualTo(new Stay(Reason.INSTANCE_ON_ITS_WAY));
    }

    @Test
    void thoseThatAreStuckDoNotButForTheLimit() {
        var situation = new Situation().concurrency(8).serving(1).starting(3).waiting(17);
        situation.stuck = 3;
        assertThat(grow(situation)).isEqualTo(new Start(3, Reason.WAITING_COSTS_MORE));
        situation.maxInstances = 4;
        assertThat(grow(situation)).isEqualTo(new Stay(Reason.MOST_INSTANCES));
    }

    @Test
    void slotsAboutToBeFreeCount() {
        var situation = new Situation().serving(1).waiting(1);
        situation.soonFree = 1;

        assertThat(grow(situation)).isEqualTo(new Stay(Reason.SLOT_COMES_SOONER));
    }

    @Test
    void theLimitHolds() {
        assertThat(grow(new Situation().serving(10).starting(5).waiting(1000)))
                .isEqualTo(new Start(5, Reason.WAITING_COSTS_MORE));
        assertThat(grow(new Situation().serving(15).starting(5).waiting(1000)))
                .isEqualTo(new Stay(Reason.MOST_INSTANCES));
    }

    @Test
    void afterAFailureOneIsTriedAfterAWhile() {
        var situation = new Situation().waiting(9);
        situation.failing = true;
        situation.backoff = Duration.ofNanos(5);
        assertThat(grow(situation)).isEqualTo(new Later(5, Reason.STARTS_FAIL));

        situation.backoff = Duration.ZERO;
        assertThat(grow(situation)).isEqualTo(new Start(1, Reason.NO_INSTANCE));

        situation.starting = 1;
        assertThat(grow(situation)).isEqualTo(new Stay(Reason.STARTS_FAIL));
    }

    // --- of one that has

    @Test
    void whatIsFreeSoonerThanAStartIsWaitedForAndAskedAboutAgain() {
        var decision = grow(new Situation().serving(1).waiting(1).service(3).coldStart(40));

        assertThat(decision).isEqualTo(new Later(Duration.ofMillis(4).toNanos(), Reason.SLOT_COMES_SOONER));
    }

    @Test
    void aRequestThatWouldWaitForLongerThanAStartGetsAnInstance() {
        assertThat(grow(new Situation().serving(1).waiting(1).service(300).coldStart(40)))
                .isEqualTo(new Start(1, Reason.WAITING_COSTS_MORE));
    }

    @Test
    void whatRunsForLongerThanUsualIsNotWaitedFor() {
        var situation = new Situation().serving(1).waiting(1).service(3).coldStart(40);
        situation.overdue = 1;

        assertThat(grow(situation)).isEqualTo(new Start(1, Reason.WAITING_COSTS_MORE));
    }

    @Test
    void quickRequestsThatComeAtOnceShareFewerInstancesThanSlowOnes() {
        assertThat(started(new Situation().waiting(20).service(3).coldStart(40)))
                .isBetween(2, 10);
        assertThat(started(new Situation().waiting(20).service(1000).coldStart(40)))
                .isEqualTo(20);
    }

    @Test
    void slowerStartsAreMadeMoreRarely() {
        assertThat(started(new Situation().serving(2).waiting(10).service(20).coldStart(10)))
                .isGreaterThan(started(
                        new Situation().serving(2).waiting(10).service(20).coldStart(80)));
        assertThat(started(new Situation().serving(2).waiting(10).service(20).coldStart(200)))
                .isZero();
    }

    @Test
    void thoseThatWillComeMeanwhileCount() {
        var situation = new Situation().serving(1).waiting(1).service(20).coldStart(1000);
        assertThat(started(situation)).isZero();

        situation.arrivals = 150; // three instances' worth, of which half is counted

        assertThat(started(situation)).isPositive();
    }

    @Test
    void whoHasWaitedForAStartTogetherGetsOne() {
        var situation = new Situation().serving(1).waiting(1).service(3).coldStart(40);
        situation.waited = Duration.ofMillis(40);
        assertThat(grow(situation)).isEqualTo(new Start(1, Reason.WAITED_FOR_A_START));

        situation.starting = 1;
        assertThat(grow(situation)).isEqualTo(new Stay(Reason.INSTANCE_ON_ITS_WAY));
    }

    @Test
    void whoHasWaitedForAStartAloneGetsOneWhateverWasExpected() {
        var situation = new Situation().serving(1).waiting(1).service(30).coldStart(40);
        situation.longestWait = Duration.ofMillis(35);
        assertThat(grow(situation)).isEqualTo(new Later(Duration.ofMillis(5).toNanos(), Reason.SLOT_COMES_SOONER));

        situation.longestWait = Duration.ofMillis(40);
        assertThat(grow(situation)).isEqualTo(new Start(1, Reason.WAITED_FOR_A_START));
    }

    // --- of the machine

    @Test
    void whatComputesGetsNoMoreInstancesThanThereAreProcessorsFree() {
        var situation = new Situation().serving(2).waiting(10).service(300);
        situation.cpu = 0.9;
        situation.room = new Machine.Room(2, Long.MAX_VALUE);
        assertThat(started(situation)).isEqualTo(2);

        situation.room = new Machine.Room(0.1, Long.MAX_VALUE);
        assertThat(grow(situation))
                .isInstanceOfSatisfying(
                        Later.class, later -> assertThat(later.reason()).isEqualTo(Reason.NO_PROCESSOR_FREE));
    }

    @Test
    void whatWaitsForOthersDoesNotNeedAProcessor() {
        var situation = new Situation().serving(2).waiting(10).service(300);
        situation.cpu = 0.05;
        situation.room = new Machine.Room(0, Long.MAX_VALUE);

        assertThat(started(situation)).isGreaterThan(8);
    }

    @Test
    void theFirstInstanceIsStartedHoweverBusyTheMachine() {
        var situation = new Situation().waiting(10).service(300);
        situation.cpu = 1;
        situation.room = new Machine.Room(0, Long.MAX_VALUE);

        assertThat(started(situation)).isEqualTo(1);
    }

    @Test
    void memoryThatIsNotThereIsNotGivenOut() {
        var situation = new Situation().waiting(10);
        situation.room = new Machine.Room(8, 3 * (64L << 20));
        assertThat(started(situation)).isEqualTo(3);

        situation.room = new Machine.Room(8, 63L << 20);
        assertThat(grow(situation))
                .isInstanceOfSatisfying(
                        Later.class, later -> assertThat(later.reason()).isEqualTo(Reason.NO_MEMORY_FREE));
    }

    // --- downwards

    @Test
    void whatWasNotNeededForAWindowLeaves() {
        var situation = new Situation().concurrency(8).serving(5);
        situation.peak = 17;

        assertThat(new Autoscaler().shrink(situation.snapshot())).isEqualTo(new Drain(2, Reason.SURPLUS));
    }

    @Test
    void theLastOneLeavesForBeingIdleOnly() {
        assertThat(new Autoscaler()
                        .shrink(new Situation().concurrency(8).serving(1).snapshot()))
                .isInstanceOf(Stay.class);
    }

    @Test
    void asManyAsAreToBeKeptAreKept() {
        var situation = new Situation().concurrency(8).serving(5);
        situation.minInstances = 4;

        assertThat(new Autoscaler().shrink(situation.snapshot())).isEqualTo(new Drain(1, Reason.SURPLUS));
    }
}
