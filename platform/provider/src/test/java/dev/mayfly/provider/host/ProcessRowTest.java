package dev.mayfly.provider.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ProcessRowTest {
    @Test
    void aNameWithSpacesAndParenthesesDoesNotShiftTheFields() {
        var row = ProcessRow.parse(
                "42 (a) b (c) S 7 42 9 0 -1 4194304 1 2 3 4 5 6 70 8 20 0 1 0 123456 1000 25 18446744073709551615");

        assertThat(row).isEqualTo(new ProcessRow(42, 'S', 7, 9, 780_000, 123456, 25 * 4096));
    }
}
