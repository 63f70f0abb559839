package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Sets of header names. */
final class HeaderNamesTest {
    private final HeaderNames names = new HeaderNames("te", "upgrade", "trailer");

    @Test
    void names_are_known_in_any_case() {
        assertThat(names.contains("te")).isTrue();
        assertThat(names.contains("TE")).isTrue();
        assertThat(names.contains("Upgrade")).isTrue();
        assertThat(names.contains("TRAILER")).isTrue();
    }

    @Test
    void other_names_of_any_length_are_not() {
        for (var name : new String[] {"", "t", "tee", "upgrades", "upgradE-", "trailes", "x-a-longer-name"}) {
            assertThat(names.contains(name)).isFalse();
        }
    }
}
