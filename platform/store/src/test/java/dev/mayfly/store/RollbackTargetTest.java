package dev.mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasMove.Cause;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RollbackTargetTest {
    private final List<AliasMove> moves = new ArrayList<>();
    private final Set<DeploymentId> there = new HashSet<>();

    @Test
    void itIsWhatWasThereBefore() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.DEPLOY, "b");
        moved(Cause.PROMOTE, "c");

        assertThat(target()).isEqualTo("b");
    }

    @Test
    void againItIsWhatWasThereBeforeThat() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.DEPLOY, "b");
        moved(Cause.DEPLOY, "c");
        moved(Cause.ROLLBACK, "b");
        assertThat(target()).isEqualTo("a");

        moved(Cause.ROLLBACK, "a");
        assertThat(target()).isEmpty();
    }

    @Test
    void whatWasTakenBackDoesNotCountUntilItIsPromotedAgain() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.DEPLOY, "b");
        moved(Cause.ROLLBACK, "a");
        moved(Cause.DEPLOY, "c");
        assertThat(target()).isEqualTo("a");

        moved(Cause.PROMOTE, "b");
        assertThat(target()).isEqualTo("c");
    }

    @Test
    void theStepsOfACanaryAreOneChange() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.ALIAS, "a=9 b");
        moved(Cause.ALIAS, "a b");
        assertThat(target()).isEqualTo("a");

        moved(Cause.PROMOTE, "b");
        assertThat(target()).isEqualTo("a");
    }

    @Test
    void itMayBeASplitOfOlderOnes() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.ALIAS, "a=9 b");
        moved(Cause.DEPLOY, "c");

        assertThat(target()).isEqualTo("a=9 b");
    }

    @Test
    void whatIsNotThereAnyMoreIsPassedOver() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.DEPLOY, "b");
        moved(Cause.DEPLOY, "c");
        there.remove(id("b"));
        assertThat(target()).isEqualTo("a");

        there.remove(id("a"));
        assertThat(target()).isEmpty();
    }

    @Test
    void weightsThatMeanTheSameAreTheSame() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.ALIAS, "b=100");
        moved(Cause.PROMOTE, "c");
        moved(Cause.ROLLBACK, "b"); // chosen
        assertThat(target()).isEqualTo("a");

        moved(Cause.ALIAS, "a=90 b=10");
        moved(Cause.DEPLOY, "d");
        moved(Cause.ROLLBACK, "a=9 b=1");
        assertThat(target()).isEqualTo("a");
    }

    /** Chosen, and all leads to it for the first time. */
    @Test
    void aRollbackToWhatHadAPartOnlyIsNeverTakenForward() {
        moved(Cause.ALIAS, "a=9 b=1");
        moved(Cause.PROMOTE, "c");
        moved(Cause.ROLLBACK, "b");
        assertThat(target()).isEmpty();

        moved(Cause.DEPLOY, "d");
        assertThat(target()).isEqualTo("b");
    }

    @Test
    void whatAChosenRollbackTookBackIsNoTargetHoweverOftenItWasThere() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.ALIAS, "b=9 c=1");
        moved(Cause.PROMOTE, "c");
        moved(Cause.ALIAS, "b c");
        moved(Cause.PROMOTE, "c");
        moved(Cause.ROLLBACK, "b");

        assertThat(target()).isEqualTo("a");
    }

    /** What the rollback went back to is forgotten already. */
    @Test
    void aRollbackToWhatNobodyRemembersIsNeverTakenForwardEither() {
        moved(Cause.DEPLOY, "a");
        moved(Cause.PROMOTE, "c");
        moved(Cause.ROLLBACK, "b");

        assertThat(target()).isEqualTo("a");
    }

    @Test
    void whereNothingCameBeforeThereIsNone() {
        moved(Cause.DEPLOY, "a");
        assertThat(target()).isEmpty();
    }

    private void moved(Cause cause, String shares) {
        moves.addFirst(new AliasMove(moves.size(), AliasName.PRODUCTION, moves.size(), cause, shares(shares)));
        shares(shares).forEach(share -> there.add(share.deployment()));
    }

    private String target() {
        var now = new Alias(AliasName.PRODUCTION, moves.getFirst().shares(), new Stickiness.None());
        return RollbackTarget.of(now, moves, there)
                .map(shares -> String.join(
                        " ",
                        shares.stream()
                                .map(share -> share.deployment().value().substring(0, 1)
                                        + (share.weight() == 1 ? "" : "=" + share.weight()))
                                .toList()))
                .orElse("");
    }

    private static List<Share> shares(String text) {
        return Arrays.stream(text.split(" "))
                .map(each -> new Share(
                        id(each.substring(0, 1)), each.length() == 1 ? 1 : Integer.parseInt(each.substring(2))))
                .toList();
    }

    private static DeploymentId id(String letter) {
        return new DeploymentId(letter.repeat(10));
    }
}
