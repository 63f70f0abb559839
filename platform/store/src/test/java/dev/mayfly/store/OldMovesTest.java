package dev.mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasMove.Cause;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Histories of which only so many moves are kept. */
class OldMovesTest {
    private static final int MOST = 10;
    private static final DeploymentId A = new DeploymentId("aaaaaaaaaa");
    private static final DeploymentId B = new DeploymentId("bbbbbbbbbb");
    private static final DeploymentId C = new DeploymentId("cccccccccc");
    private static final DeploymentId Z = new DeploymentId("zzzzzzzzzz");
    private static final Set<DeploymentId> THERE = Set.of(A, B, C, Z);

    private final List<AliasMove> moves = new ArrayList<>();
    private int count;

    @Test
    void theOldestGoesFirst() {
        for (int i = 0; i < MOST; i++) {
            moved(Cause.PROMOTE, new Share(i % 2 == 0 ? A : B, 1));
        }
        moved(Cause.DEPLOY, new Share(C, 1));

        assertThat(moves.getLast().revision()).isEqualTo(2);
        assertThat(target()).containsExactly(new Share(B, 1));
    }

    @Test
    void whatALongCanaryBeganWithStays() {
        moved(Cause.DEPLOY, new Share(Z, 1));
        moved(Cause.DEPLOY, new Share(A, 1));
        IntStream.range(1, 50).forEach(n -> moved(Cause.ALIAS, new Share(A, 100 - n), new Share(B, n)));
        moved(Cause.PROMOTE, new Share(B, 1));

        assertThat(target()).containsExactly(new Share(A, 1));
        moved(Cause.ROLLBACK, new Share(A, 1));
        assertThat(target()).isNotEqualTo(List.of(new Share(B, 1)));
    }

    @Test
    void howeverOftenItWasTakenBackItIsNoTarget() {
        moved(Cause.DEPLOY, new Share(Z, 1));
        moved(Cause.DEPLOY, new Share(A, 1));
        for (int i = 0; i < 50; i++) {
            moved(Cause.PROMOTE, new Share(B, 1));
            assertThat(target()).containsExactly(new Share(A, 1));
            moved(Cause.ROLLBACK, new Share(A, 1));
            assertThat(target()).containsExactly(new Share(Z, 1));
        }
        moved(Cause.DEPLOY, new Share(C, 1));
        assertThat(target()).containsExactly(new Share(A, 1));
        moved(Cause.ROLLBACK, new Share(A, 1));
        assertThat(target()).containsExactly(new Share(Z, 1));
    }

    private void moved(Cause cause, Share... shares) {
        moves.addFirst(new AliasMove(++count, AliasName.PRODUCTION, count, cause, List.of(shares)));
        if (moves.size() > MOST) {
            moves.remove(OldMoves.leastNeeded(moves, THERE));
        }
        assertThat(moves.getFirst().revision()).isEqualTo(count);
    }

    private List<Share> target() {
        return RollbackTarget.of(moves.getFirst().shares(), moves, THERE).orElse(List.of());
    }
}
