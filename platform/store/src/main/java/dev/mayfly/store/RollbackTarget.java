package dev.mayfly.store;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What taking back the newest deployment of an alias leads to. */
public final class RollbackTarget {
    private RollbackTarget() {}

    /**
     * The last that the alias pointed to before its newest deployment had a part in it, all of which is still there. What was itself taken back
     * does not count: rolling back twice goes back twice.
     *
     * @param moves of the alias, newest first
     */
    public static Optional<List<Share>> of(Alias now, List<AliasMove> moves, Set<DeploymentId> there) {
        return of(now.shares(), moves, there);
    }

    static Optional<List<Share>> of(List<Share> now, List<AliasMove> moves, Set<DeploymentId> there) {
        if (now.isEmpty()) {
            return Optional.empty();
        }
        var suspect = now.getLast().deployment();
        return standing(moves).reversed().stream()
                .map(AliasMove::shares)
                .filter(shares -> !shares.isEmpty()
                        && deployments(shares).stream().allMatch(each -> !each.equals(suspect) && there.contains(each)))
                .findFirst();
    }

    /** What led to the present state and was not taken back, oldest first. */
    static List<AliasMove> standing(List<AliasMove> moves) {
        var standing = new ArrayList<AliasMove>();
        List<Share> before = List.of();
        for (var move : moves.reversed()) {
            if (move.cause() == AliasMove.Cause.ROLLBACK) {
                takeBack(standing, before, move);
            } else {
                standing.add(move);
            }
            before = move.shares();
        }
        return standing;
    }

    /** A rollback to a chosen deployment leads all to it, which may never have been so: then it goes back to where the deployment had a part. */
    private static void takeBack(List<AliasMove> standing, List<Share> before, AliasMove back) {
        int same = last(standing, shares -> Share.proportions(shares).equals(Share.proportions(back.shares())));
        if (same >= 0) {
            standing.subList(same + 1, standing.size()).clear();
            return;
        }
        var kept = deployments(back.shares());
        int part = last(standing, shares -> deployments(shares).containsAll(kept));
        if (part >= 0) {
            standing.subList(part + 1, standing.size()).clear();
        }
        var takenBack = new HashSet<>(deployments(before));
        takenBack.removeAll(kept);
        standing.removeIf(each -> deployments(each.shares()).stream().anyMatch(takenBack::contains));
        standing.add(back);
    }

    private static int last(List<AliasMove> standing, Predicate<List<Share>> which) {
        int i = standing.size() - 1;
        while (i >= 0 && !which.test(standing.get(i).shares())) {
            i--;
        }
        return i;
    }

    private static Set<DeploymentId> deployments(List<Share> shares) {
        return shares.stream().map(Share::deployment).collect(Collectors.toSet());
    }
}
