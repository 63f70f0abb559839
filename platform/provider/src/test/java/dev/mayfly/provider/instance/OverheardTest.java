package dev.mayfly.provider.instance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What becomes of the words of packages that are held ready. */
class OverheardTest {
    private final Overheard overheard = new Overheard("deps-1");

    @Test
    void aLineIsCutAndPlain() {
        assertThat(overheard.heard("\033[31m" + "x".repeat(1_000)).orElseThrow())
                .startsWith("?[31mxx")
                .endsWith("x…")
                .hasSize(Overheard.LONGEST_LINE + 1);
    }

    @Test
    void afterTheFirstFewThereAreNoMore() {
        for (int line = 0; line < Overheard.MOST_LINES; line++) {
            assertThat(overheard.heard("a line")).contains("a line");
        }

        assertThat(overheard.heard("one more")).isEmpty();
    }
}
