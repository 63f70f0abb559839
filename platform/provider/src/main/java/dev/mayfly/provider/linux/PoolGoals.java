package dev.mayfly.provider.linux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How many of each kind should wait: pure arithmetic on what was asked for lately. */
final class PoolGoals {
    /** Kept of a kind that functions use, however rarely. */
    private static final int IDLE = 2;

    /** So many starts in the last minute ask for one more. */
    private static final int STARTS_FOR_ONE = 10;

    private PoolGoals() {}

    /**
     * @param starts of each kind in the last minute
     * @param workers at most, of all kinds together
     */
    static <K> Map<K, Integer> of(Map<K, Integer> starts, int workers) {
        var goals = new HashMap<K, Integer>();
        var kinds = new ArrayList<>(starts.keySet());
        kinds.sort(Comparator.<K>comparingInt(kind -> -starts.getOrDefault(kind, 0))
                .thenComparing(Object::toString));
        for (int left = workers; left > 0; left--) {
            var next = neediest(kinds, starts, goals);
            if (next == null) {
                break;
            }
            goals.merge(next, 1, Integer::sum);
        }
        return goals;
    }

    /** One of each first; then in proportion to what is missing. */
    private static <K> @org.jspecify.annotations.Nullable K neediest(
            List<K> kinds, Map<K, Integer> starts, Map<K, Integer> goals) {
        K best = null;
        double most = 0;
        for (var kind : kinds) {
            int have = goals.getOrDefault(kind, 0);
            int wanted = IDLE + (starts.getOrDefault(kind, 0) + STARTS_FOR_ONE - 1) / STARTS_FOR_ONE;
            double need = have == 0 ? Double.MAX_VALUE : (wanted - have) / (double) have;
            if (need > most) {
                best = kind;
                most = need;
            }
        }
        return best;
    }
}
