package dev.mayfly.acme;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Looks at what an authority has not come to an end with: so many at most, and between them as long a pause as it wants, within bounds. */
record Looks(Clock clock, Pause pause) {
    static final int MOST = 60;

    private static final Duration SHORTEST = Duration.ofMillis(250);
    private static final Duration LONGEST = Duration.ofSeconds(10);

    /** Passes time. */
    @FunctionalInterface
    interface Pause {
        void pass(Duration time) throws InterruptedException;
    }

    void rest(Optional<Instant> retryAfter) throws InterruptedException {
        var wanted = retryAfter.map(at -> Duration.between(clock.instant(), at)).orElse(Duration.ofSeconds(1));
        pause.pass(wanted.compareTo(SHORTEST) < 0 ? SHORTEST : wanted.compareTo(LONGEST) > 0 ? LONGEST : wanted);
    }
}
