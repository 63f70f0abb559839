package dev.mayfly.acme;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Which names clients came for, and which names nobody looks at before some time, however many clients come. For many threads. */
final class Waiting {
    private static final int MOST_ASKED = 1000;

    /** Clocks are corrected by less all the time. */
    private static final Duration STEP = Duration.ofMinutes(1);

    private final Clock clock;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Map<String, Instant> later = new ConcurrentHashMap<>();
    private Instant last = Instant.MIN;

    Waiting(Clock clock) {
        this.clock = clock;
    }

    /** A client came for {@code name}. Whether it is to be looked at now, for that. */
    boolean ask(String name, Predicate<String> known) {
        return asked.size() < MOST_ASKED
                && !asked.contains(name)
                && !waits(name)
                && known.test(name)
                && asked.add(name);
    }

    List<String> asked() {
        return List.copyOf(asked);
    }

    boolean waits(String name) {
        var at = later.get(name);
        return at != null && at.isAfter(clock.instant());
    }

    /** Nothing is done for {@code name} before then. */
    void until(String name, Instant at) {
        later.put(name, at);
        asked.remove(name);
    }

    void done(String name) {
        later.remove(name);
        asked.remove(name);
    }

    /** Only {@code known} names are kept, and none of what was waited for by a clock that has been set back since. */
    synchronized void tidy(Predicate<String> known) {
        var now = clock.instant();
        if (last.isAfter(now.plus(STEP))) {
            later.clear();
        }
        last = now;
        later.keySet().removeIf(known.negate());
        asked.removeIf(known.negate());
    }
}
