package dev.mayfly.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How the instance that an invocation waited for was started, for explanations; nothing of it is billed.
 *
 * @param rung {@code pool}, {@code zygote}, {@code dependencies} or {@code boot}; empty: not known
 * @param why one sentence why this rung and no faster one; empty: there is nothing to say
 * @param steps what starting took, in order; they add up to the whole start
 * @param imports what the user's code imported, slowest first, as its worker says
 */
public record ColdStart(String rung, String why, List<Step> steps, List<Import> imports) {
    /** Of an invocation that waited for none, whose instance never started, or that an older server recorded. */
    public static final ColdStart NONE = new ColdStart("", "", List.of(), List.of());

    private static final Set<String> SANDBOX =
            Set.of("clone", "cgroup", "network", "sockets", "mounts", "rights", "start", "spawn");
    private static final int LEAST_SHOWN_MICROS = 50;

    public ColdStart {
        steps = List.copyOf(steps);
        imports = List.copyOf(imports);
    }

    /** One step of it. */
    public record Step(String name, long micros) {}

    /** One module, with what it imported in turn. */
    public record Import(String module, long micros) {}

    public boolean known() {
        return !rung.isEmpty();
    }

    /** How long all of it took. */
    public long micros() {
        return steps.stream().mapToLong(Step::micros).sum();
    }

    /**
     * The steps as people read them, in order: all that making a sandbox takes is one step, {@code sandbox}, and the first one, although a
     * worker may say hello before the last of it is told.
     */
    public List<Step> phases() {
        var phases = new LinkedHashMap<String, Long>();
        for (var step : steps) {
            if (SANDBOX.contains(step.name())) {
                phases.merge("sandbox", step.micros(), Long::sum);
            }
        }
        for (var step : steps) {
            if (!SANDBOX.contains(step.name())) {
                phases.merge(step.name(), step.micros(), Long::sum);
            }
        }
        return phases.entrySet().stream()
                .map(each -> new Step(each.getKey(), each.getValue()))
                .toList();
    }

    /** As in {@code from pool (specialise 0.4, load 1.6)}, in milliseconds; empty where nothing is known. */
    public String inWords() {
        if (!known()) {
            return "";
        }
        var took = phases().stream()
                .filter(step -> step.micros() >= LEAST_SHOWN_MICROS)
                .map(step -> step.name() + " " + milliseconds(step.micros()))
                .collect(Collectors.joining(", "));
        return "from " + rung + (took.isEmpty() ? "" : " (" + took + ")");
    }

    private static String milliseconds(long micros) {
        return micros < 10_000
                ? String.format(Locale.ROOT, "%.1f", micros / 1000.0)
                : Long.toString(Math.round(micros / 1000.0));
    }
}
