package dev.mayfly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class IsolationTest {
    @Test
    void whatIsStrongerMeetsWhatAsksForLess() {
        assertThat(Isolation.DEFAULT.metBy(Isolation.NONE)).isTrue();
        assertThat(Isolation.NONE.metBy(Isolation.NONE)).isTrue();
        assertThat(Isolation.LINUX.metBy(Isolation.NONE)).isFalse();
        assertThat(Isolation.LINUX.metBy(Isolation.LINUX)).isTrue();
        assertThat(Isolation.LINUX.metBy(Isolation.POD)).isTrue();
        assertThat(Isolation.POD.metBy(Isolation.LINUX)).isFalse();
    }

    @Test
    void itIsReadAsItIsWritten() {
        for (var isolation : Isolation.values()) {
            assertThat(Isolation.parse(isolation.toString())).isEqualTo(isolation);
        }
        assertThatThrownBy(() -> Isolation.parse("LINUX"))
                .hasMessage("isolation: LINUX (expected: default, none, linux or pod)");
    }
}
