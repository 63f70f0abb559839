package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpansTest {
    @ParameterizedTest
    @ValueSource(longs = {256, 257, 319, 320, 1_000, 4_095, 4_096, 65_000, 1_000_000, 59_999_999})
    void aSpanIsToldWithinAnEighth(long micros) {
        assertThat((double) Spans.middle(Spans.bucket(micros))).isBetween(micros * 0.875, micros * 1.125);
    }

    @Test
    void bucketsGrow() {
        for (long micros = 1; micros < 1L << 40; micros = micros * 9 / 8 + 1) {
            assertThat(Spans.bucket(micros)).isBetween(Spans.bucket(micros - 1), Spans.BUCKETS - 1);
        }
    }

    @Test
    void ofNothingThereIsNoQuantile() {
        assertThat(Spans.quantile(new long[Spans.BUCKETS], 0.5)).isZero();
    }
}
