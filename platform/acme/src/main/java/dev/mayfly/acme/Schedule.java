package dev.mayfly.acme;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** When to try again, and when to renew. Everything is spread a little, so that many servers do not come at once. */
record Schedule(RandomGenerator random) {
    private static final Duration FIRST = Duration.ofMinutes(2);
    private static final Duration LONGEST = Duration.ofDays(1);

    /** However long an authority wants to be left alone. */
    private static final Duration MOST_ASKED = Duration.ofDays(8);

    /** Of a failure that is no fault of the name: the authority says that it was too much, and not for how long. */
    private static final Duration LIMITED = Duration.ofHours(1);

    /** However an authority hurries, a fresh certificate is kept for so long. */
    private static final Duration LEAST = Duration.ofHours(6);

    /** 2, 6, 18, 54 minutes and so on up to a day: four tries in the first hour, one fewer than Let's Encrypt allows a name to fail in one. */
    Instant again(int failuresBefore, Refusal refusal, Instant now) {
        var pause = FIRST;
        for (int i = 0; i < failuresBefore && pause.compareTo(LONGEST) < 0; i++) {
            pause = pause.multipliedBy(3);
        }
        if (pause.compareTo(LONGEST) > 0) {
            pause = LONGEST;
        }
        if (refusal.limited() && pause.compareTo(LIMITED) < 0) {
            pause = LIMITED;
        }
        var next = now.plus(pause).plus(spread(pause.dividedBy(10)));
        var most = now.plus(MOST_ASKED);
        return refusal.retryAfter()
                .map(at -> at.isAfter(most) ? most : at)
                .filter(next::isBefore)
                .map(at -> at.plus(spread(FIRST)))
                .orElse(next);
    }

    /** After two thirds of its life. */
    Instant renewal(Instant notBefore, Instant notAfter) {
        var life = Duration.between(notBefore, notAfter);
        if (life.isNegative() || life.isZero()) {
            return notBefore;
        }
        return notBefore.plus(life.dividedBy(3).multipliedBy(2)).plus(spread(life.dividedBy(48)));
    }

    /** Somewhere in the window, if the certificate is good until then. */
    Instant renewal(Instant notBefore, Instant notAfter, Instant issued, Authority.Window window) {
        var at = window.start().plus(spread(Duration.between(window.start(), window.end())));
        if (at.isAfter(notAfter)) {
            return renewal(notBefore, notAfter);
        }
        var soonest = issued.plus(LEAST);
        return at.isBefore(soonest) && soonest.isBefore(notAfter) ? soonest : at;
    }

    private Duration spread(Duration most) {
        return most.isNegative() || most.isZero()
                ? Duration.ZERO
                : Duration.ofMillis(random.nextLong(most.toMillis() + 1));
    }
}
