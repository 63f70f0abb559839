package dev.mayfly.provider.linux;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of one project's dependencies and of the zygote that holds them. Guarded by the lock of its {@link DependencyZygotes}; times
 * are nanoseconds of their clock.
 */
final class DependencyPlace {
    private static final int MOST_MODULES = 200;
    private static final int MOST_UNLIKE = 200;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** A copy loads what is left of its function: far less than everything, which took so long. */
    private static final Duration LEAST_PATIENCE = Duration.ofSeconds(5);

    private final Set<String> modules = new LinkedHashSet<>();
    /** Those that it could not be copied with. */
    private final Set<String> refused = new TreeSet<>();

    private Set<String> held = Set.of();
    private @Nullable DependencyZygote zygote;
    private boolean wanted;
    private String broken = "";
    /** Variables that were looked up while it was loaded last. */
    private Set<String> variables = Set.of();
    /** Functions that a copy could not become, and why; those that were told so last. */
    private final Map<Path, String> unlike = new LinkedHashMap<>();

    private long usedNanos;
    private long askedNanos;
    private long openedNanos;
    private long notBeforeNanos;
    /** To open it, one after the other. */
    private int failures;

    private long slowestMicros;

    /** A function was started without it, or with one that did not hold all, and that took long. */
    void learn(long micros, List<String> imported, long now) {
        usedNanos = askedNanos = now;
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

    /** A function asks for a copy. Why none could be that function, whatever is held; empty: nothing is known against it. */
    String ask(Candidate candidate, long now) {
        askedNanos = now;
        var why = unlike(candidate);
        if (why.isEmpty()) {
            usedNanos = now;
        }
        return why;
    }

    String unlike(Candidate candidate) {
        var why = candidate.without(variables);
        return why.isEmpty() ? unlike.getOrDefault(candidate.source(), "") : why;
    }

    /** A copy has said that it cannot become it. */
    void refuse(Candidate candidate, String why) {
        if (unlike.size() >= MOST_UNLIKE) {
            unlike.remove(unlike.keySet().iterator().next());
        }
        unlike.put(candidate.source(), why);
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

    /** Nobody has even asked for it, so that nothing need be remembered. */
    boolean forgottenFor(Duration time, long now) {
        return now - askedNanos > time.toNanos();
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
        fresh.offer();
        variables = fresh.variables();
        held = Set.copyOf(loaded);
        openedNanos = now;
        wanted = !held.containsAll(modules);
        failures = 0;
        return old;
    }

    /** It could not be opened now, for a reason that passes: somebody killed it, or what it is made of is being started again. */
    void failed(long now) {
        long pause = FIRST_PAUSE.toNanos() << Math.min(failures++, 10);
        notBeforeNanos = now + Math.min(pause, LONGEST_PAUSE.toNanos());
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

    /** Nobody uses it: it is not to be opened again until somebody misses it. */
    @Nullable DependencyZygote retire() {
        wanted = false;
        return release();
    }

    @Nullable DependencyZygote release() {
        var old = zygote;
        zygote = null;
        return old;
    }
}
