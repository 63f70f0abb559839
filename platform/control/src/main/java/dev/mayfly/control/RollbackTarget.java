package dev.mayfly.control;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What taking back the newest deployment of an alias leads to. */
final class RollbackTarget {
    private RollbackTarget() {}

    /**
     * The last that the alias pointed to before its newest deployment had a part in it, all of which is still there. What was itself taken back
     * does not count: rolling back twice goes back twice.
     *
     * @param moves of the alias, newest first
     */
    static Optional<List<Share>> of(Alias now, List<AliasMove> moves, Set<DeploymentId> there) {
        var suspect = now.shares().getLast().deployment();
        return standing(moves).reversed().stream()
                .filter(shares -> !shares.isEmpty()
                        && shares.stream()
                                .map(Share::deployment)
                                .allMatch(each -> !each.equals(suspect) && there.contains(each)))
                .findFirst();
    }

    /** What led to the present state and was not taken back, oldest first. */
    private static List<List<Share>> standing(List<AliasMove> moves) {
        var standing = new ArrayList<List<Share>>();
        for (var move : moves.reversed()) {
            int before = move.cause() == AliasMove.Cause.ROLLBACK ? standing.lastIndexOf(move.shares()) : -1;
            if (before >= 0) {
                standing.subList(before + 1, standing.size()).clear();
            } else {
                standing.add(move.shares());
            }
        }
        return standing;
    }
}
