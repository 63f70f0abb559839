package dev.mayfly.provider.linux;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of one project's dependencies and of the zygote that holds them. Guarded by the lock of its {@link DependencyZygotes}; times
 * are nanoseconds of their clock.
 */
final class DependencyPlace {
    private static final int MOST_MODULES = 64;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    /** In a row: what fails so often is not the moment's doing. */
    private static final int MOST_FAILURES = 8;
    /** In a row: one may have been killed by anybody, two may not. */
    private static final int MOST_LOST_COPIES = 2;
    /** A copy loads what is left of its function: far less than everything, which took so long. */
    private static final Duration LEAST_PATIENCE = Duration.ofSeconds(5);

    private final Set<String> modules = new LinkedHashSet<>();
    /** Those that it could not be copied with. */
    private final Set<String> refused = new TreeSet<>();

    private Set<String> held = Set.of();
    private @Nullable DependencyZygote zygote;
    private boolean wanted;
    private String broken = "";
    private long usedNanos;
    private long openedNanos;
    private long notBeforeNanos;
    private int failures;
    private int lostCopies;
    private long slowestMicros;

    /** A function was started without it, or with one that did not hold all, and that took long. */
    void learn(long micros, List<String> imported, long now) {
        usedNanos = now;
        slowestMicros = Math.max(slowestMicros, micros);
        if (!broken.isEmpty()) {
            return;
        }
        boolean more = false;
        for (var module : imported) {
            more |= !refused.contains(module) && modules.size() < MOST_MODULES && modules.add(module);
        }
        if ((more || zygote == null) && !modules.isEmpty() && !wanted) {
            want(now);
        }
    }

    void want(long now) {
        wanted = true;
        notBeforeNanos = Math.max(notBeforeNanos, now);
    }

    void use(long now) {
        usedNanos = now;
    }

    List<String> modules() {
        return List.copyOf(modules);
    }

    Optional<DependencyZygote> zygote() {
        return Optional.ofNullable(zygote);
    }

    /** Why it is of no use now; empty: it is, or nobody has missed it yet. */
    String why() {
        if (!broken.isEmpty()) {
            return broken;
        }
        return zygote == null && wanted ? "its dependencies' zygote is being made" : "";
    }

    /** Since when one is to be opened; empty: not now. */
    Optional<Long> due(long now, Duration longestLife) {
        if (zygote != null && !wanted && now - openedNanos > longestLife.toNanos()) {
            want(now);
        }
        return wanted && now >= notBeforeNanos ? Optional.of(notBeforeNanos) : Optional.empty();
    }

    /** It is wanted, if not now. */
    boolean waits() {
        return wanted;
    }

    boolean unusedFor(Duration time, long now) {
        return now - usedNanos > time.toNanos();
    }

    boolean broken() {
        return !broken.isEmpty();
    }

    /** How long its copy may take to load a function. */
    Duration patience() {
        return LEAST_PATIENCE.plusNanos(2_000 * slowestMicros);
    }

    // --- what became of it; each answers with the zygote that is to be ended, if there is one

    @Nullable DependencyZygote opened(DependencyZygote fresh, List<String> loaded, long now) {
        var old = zygote;
        zygote = fresh;
        held = Set.copyOf(loaded);
        openedNanos = now;
        wanted = !held.containsAll(modules);
        failures = 0;
        return old;
    }

    /** It could not be opened now. Whether it is tried again. */
    boolean failed(String why, long now) {
        if (++failures >= MOST_FAILURES) {
            broken = why;
            wanted = false;
            return false;
        }
        notBeforeNanos = now + (FIRST_PAUSE.toNanos() << failures);
        return true;
    }

    /** It cannot be copied with all that it was to hold. */
    @Nullable DependencyZygote unfit(String why) {
        wanted = false;
        if (!held.isEmpty() && !held.containsAll(modules)) {
            wanted = zygote == null;
            refused.addAll(modules);
            refused.removeAll(held);
            modules.retainAll(held);
            return null; // what it held before goes on being held
        }
        return breaks(why);
    }

    @Nullable DependencyZygote breaks(String why) {
        broken = why;
        wanted = false;
        return release();
    }

    @Nullable DependencyZygote release() {
        var old = zygote;
        zygote = null;
        return old;
    }

    void served() {
        lostCopies = 0;
    }

    /** A copy was killed while it loaded a function that could be started otherwise. Whether that was one too many. */
    boolean lost() {
        return ++lostCopies >= MOST_LOST_COPIES;
    }
}
