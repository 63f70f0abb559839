package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolGoalsTest {
    @Test
    void a_kind_that_is_never_called_keeps_two() {
        assertThat(PoolGoals.of(Map.of("a", 0), 8)).containsExactlyEntriesOf(Map.of("a", 2));
    }

    @Test
    void ten_starts_a_minute_keep_one_more() {
        assertThat(PoolGoals.of(Map.of("a", 10), 8)).isEqualTo(Map.of("a", 3));
        assertThat(PoolGoals.of(Map.of("a", 11), 8)).isEqualTo(Map.of("a", 4));
    }

    @Test
    void there_are_never_more_than_the_budget() {
        assertThat(PoolGoals.of(Map.of("a", 10_000), 8)).isEqualTo(Map.of("a", 8));
        assertThat(PoolGoals.of(Map.of("a", 0, "b", 0, "c", 0, "d", 0, "e", 0), 8).values().stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isEqualTo(8);
    }

    @Test
    void each_kind_gets_one_before_any_gets_two_and_the_busier_first() {
        assertThat(PoolGoals.of(Map.of("a", 0, "b", 1000, "c", 0), 3)).isEqualTo(Map.of("a", 1, "b", 1, "c", 1));
        assertThat(PoolGoals.of(Map.of("a", 0, "b", 1000, "c", 1), 2)).isEqualTo(Map.of("b", 1, "c", 1));
        assertThat(PoolGoals.of(Map.of("a", 0, "b", 1000), 8)).isEqualTo(Map.of("a", 1, "b", 7));
    }

    @Test
    void without_a_budget_there_are_none() {
        assertThat(PoolGoals.of(Map.of("a", 5), 0)).isEmpty();
    }

    @Test
    void starts_count_for_a_minute() {
        var count = new RecentCount();
        count.add(0);
        count.add(1_000_000_000L);
        count.add(1_500_000_000L);

        assertThat(count.last(2_000_000_000L)).isEqualTo(3);
        assertThat(count.last(60_500_000_000L)).isEqualTo(2);
        assertThat(count.last(200_000_000_000L)).isZero();
    }
}
