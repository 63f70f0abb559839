package dev.mayfly.acme;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** How little comes of however many clients. */
class WaitingTest {
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

    private final TestClock clock = new TestClock(NOW);
    private final Waiting waiting = new Waiting(clock);

    @Test
    void aNameIsLookedAtOnceForAllThatComeForIt() {
        assertThat(waiting.ask("shop", name -> true)).isTrue();

        assertThat(waiting.ask("shop", name -> true)).isFalse();
        assertThat(waiting.asked()).containsExactly("shop");
    }

    @Test
    void aNameThatWaitsIsNotLookedAtBeforeItsTime() {
        waiting.ask("shop", name -> true);
        waiting.until("shop", NOW.plusSeconds(60));

        clock.advance(Duration.ofSeconds(59));
        assertThat(waiting.ask("shop", name -> true)).isFalse();
        clock.advance(Duration.ofSeconds(1));
        assertThat(waiting.ask("shop", name -> true)).isTrue();
    }

    @Test
    void namesThatAreNotKnownLeaveNoTrace() {
        assertThat(waiting.ask("evil", name -> false)).isFalse();
        waiting.ask("shop", name -> true);
        waiting.until("old", NOW.plusSeconds(60));

        waiting.tidy(name -> false);

        assertThat(waiting.asked()).isEmpty();
        assertThat(waiting.waits("old")).isFalse();
    }

    @Test
    void soManyNamesAtOnceAndNoMore() {
        for (int i = 0; i < 5000; i++) {
            waiting.ask("p" + i, name -> true);
        }

        assertThat(waiting.asked()).hasSize(1000);
    }

    @Test
    void aClockThatIsSetBackEndsAllWaitingAndOneThatIsCorrectedDoesNot() {
        waiting.tidy(name -> true);
        waiting.until("shop", NOW.plus(Duration.ofHours(1)));
        clock.advance(Duration.ofSeconds(-30));
        waiting.tidy(name -> true);
        assertThat(waiting.waits("shop")).isTrue();

        clock.advance(Duration.ofDays(-400));
        waiting.tidy(name -> true);

        assertThat(waiting.waits("shop")).isFalse();
    }
}
