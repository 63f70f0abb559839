package dev.mayfly.store;

import dev.mayfly.model.AliasMove;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Which of the moves of an alias is forgotten first where there are too many. */
public final class OldMoves {
    private OldMoves() {}

    /**
     * One without which a rollback leads to the same, and nothing stands that did not stand with it: of the older half the oldest that was taken
     * back, else the oldest of all. So the steps of a long canary go before what it began with.
     *
     * @param moves of one alias, newest first; two or more
     */
    public static AliasMove leastNeeded(List<AliasMove> moves, Set<DeploymentId> there) {
        var standing = RollbackTarget.standing(moves);
        var older = moves.subList((moves.size() + 1) / 2, moves.size());
        return Stream.concat(
                        older.reversed().stream().filter(move -> !standing.contains(move)),
                        moves.subList(1, moves.size()).reversed().stream())
                .filter(candidate -> isNeedless(candidate, moves, standing, there))
                .findFirst()
                .orElseGet(moves::getLast);
    }

    private static boolean isNeedless(
            AliasMove candidate, List<AliasMove> moves, List<AliasMove> standing, Set<DeploymentId> there) {
        var rest = without(candidate, moves);
        var left = shares(RollbackTarget.standing(rest));
        boolean nothingNew = left.equals(shares(standing)) || left.equals(shares(without(candidate, standing)));
        var now = moves.getFirst().shares();
        return nothingNew && RollbackTarget.of(now, rest, there).equals(RollbackTarget.of(now, moves, there));
    }

    private static List<AliasMove> without(AliasMove candidate, List<AliasMove> moves) {
        var rest = new ArrayList<>(moves);
        rest.remove(candidate);
        return rest;
    }

    private static List<List<Share>> shares(List<AliasMove> moves) {
        return moves.stream().map(AliasMove::shares).toList();
    }
}
