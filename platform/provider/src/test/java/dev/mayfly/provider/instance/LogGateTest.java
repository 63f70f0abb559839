package dev.mayfly.provider.instance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LogGateTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void whatGoesBeyondTheRateIsDroppedAndToldOnce() {
        var gate = new LogGate(100, 0);

        assertThat(gate.admits(60, 1)).isTrue();
        assertThat(gate.admits(60, 2)).isFalse();
        assertThat(gate.admits(40, 3)).isTrue();
        assertThat(gate.account(4)).isEmpty();

        assertThat(gate.account(SECOND))
                .isEqualTo("1 log lines (60 B) dropped: more than 100 B in a second; logRate is the limit");
        assertThat(gate.account(SECOND)).isEmpty();
        assertThat(gate.admits(100, SECOND)).isTrue();
    }

    @Test
    void theEndOfARequestTellsWhatWasDroppedOnceASecond() {
        var gate = new LogGate(100, 0);
        assertThat(gate.admits(200, 1)).isFalse();

        assertThat(gate.accountEarly()).startsWith("1 log lines");
        assertThat(gate.admits(200, 2)).isFalse();
        assertThat(gate.accountEarly()).isEmpty();

        assertThat(gate.account(SECOND)).startsWith("1 log lines");
        assertThat(gate.accountEarly()).isEmpty();
    }
}
