package dev.mayfly.control.coldstart;

import dev.mayfly.control.coldstart.ColdStartReport.Reason;
import dev.mayfly.control.coldstart.ColdStartReport.Rung;
import dev.mayfly.control.coldstart.ColdStartReport.SlowImport;
import dev.mayfly.model.FunctionName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What would make starts faster or rarer: rules over a {@link ColdStartReport} and nothing else. docs/coldstarts.md lists them.
 *
 * @param function which it is about; empty: the server
 * @param about {@code failed}, {@code imports}, {@code load}, {@code variable}, {@code pool}, {@code queue} or {@code idle}
 * @param text what was seen
 * @param fix what to do about it
 */
public record Advice(Optional<FunctionName> function, String about, String text, String fix) {
    /** A start that nobody notices needs no advice. */
    private static final long NOTICED_MICROS = 20_000;

    private static final long SLOW_IMPORT_MICROS = 10_000;
    /** From boot, a function that does nothing takes a third of it: what every worker imports. */
    private static final long OWN_LOAD_MICROS = 100_000;

    private static final String HELD = "dependencies";
    private static final double MOSTLY = 0.5;
    private static final double A_GOOD_PART = 0.2;
    private static final long ENOUGH_CALLS = 20;
    private static final int ENOUGH_STARTS = 3;
    private static final Pattern VARIABLES = Pattern.compile("\\bsets ([A-Z_][A-Z0-9_]*(?:, [A-Z_][A-Z0-9_]*)*)");
    private static final String IMPORTED = "which its dependencies look up when they are imported";
    private static final Pattern EMPTY_POOL = Pattern.compile("none was waiting in the pool|\\bpool was empty\\b");

    /**
     * Most urgent first.
     *
     * @param invocations of each function in the same time, cold or not
     */
    public static List<Advice> of(ColdStartReport report, Map<FunctionName, Long> invocations) {
        var all = new ArrayList<Advice>();
        if (report.failed() > 0) {
            all.add(new Advice(
                    Optional.empty(),
                    "failed",
                    count(report.failed(), "call") + " waited for an instance that did not start",
                    "read why: mayfly logs"));
        }
        var functions = new TreeMap<FunctionName, List<Rung>>();
        report.rungs()
                .forEach(rung -> functions
                        .computeIfAbsent(rung.function(), none -> new ArrayList<>())
                        .add(rung));
        functions.forEach((function, rungs) -> {
            variables(report, function).ifPresent(all::add);
            loading(report, function, rungs).ifPresent(all::add);
            queueing(function, rungs).ifPresent(all::add);
            idling(function, rungs, invocations.getOrDefault(function, 0L)).ifPresent(all::add);
        });
        emptyPool(report).ifPresent(all::add);
        return List.copyOf(all);
    }

    /** A variable that takes effect only when a process starts keeps a function off every faster rung. */
    private static Optional<Advice> variables(ColdStartReport report, FunctionName function) {
        return report.reasons().stream()
                .filter(reason -> reason.function().equals(function))
                .flatMap(reason -> VARIABLES
                        .matcher(reason.why())
                        .results()
                        .map(found -> variable(report, reason, found.group(1))))
                .findFirst();
    }

    private static Advice variable(ColdStartReport report, Reason reason, String names) {
        long slow = rung(report, reason).map(Rung::p50Micros).orElse(0L);
        var when = reason.why().contains(IMPORTED) ? IMPORTED : "read only when a process starts";
        var faster = report.rungs().stream()
                .filter(rung -> !rung.rung().equals(reason.rung()) && rung.p50Micros() < slow)
                .min(Comparator.comparingLong(Rung::p50Micros));
        var compared = faster.map(rung ->
                        ", where " + rung.function() + " from " + rung.rung() + " takes " + millis(rung.p50Micros()))
                .orElse("");
        return new Advice(
                Optional.of(reason.function()),
                "variable",
                "it sets " + names + ", " + when + ": " + count(reason.starts(), "start") + " from " + reason.rung()
                        + ", " + millis(slow) + " at the median" + compared,
                "do without, if that can be: mayfly env rm " + names.replace(",", "")
                        + ", or take it out of mayfly.yaml, and deploy");
    }

    private static Optional<Rung> rung(ColdStartReport report, Reason reason) {
        return report.rungs().stream()
                .filter(rung ->
                        rung.function().equals(reason.function()) && rung.rung().equals(reason.rung()))
                .findFirst();
    }

    /** Most of a start is spent on the user's own code. */
    private static Optional<Advice> loading(ColdStartReport report, FunctionName function, List<Rung> rungs) {
        long starts = rungs.stream().mapToLong(Rung::starts).sum();
        long whole = mean(rungs);
        long load = rungs.stream()
                .mapToLong(rung -> rung.starts() * rung.meanMicros("load"))
                .sum();
        if (starts == 0 || load < MOSTLY * whole * starts || load < NOTICED_MICROS * starts) {
            return Optional.empty();
        }
        long perStart = load / starts;
        var others = rungs.stream().filter(rung -> !rung.rung().equals(HELD)).toList();
        boolean held = others.isEmpty();
        var slow = report.imports().stream()
                .filter(each -> each.function().equals(function))
                .filter(each -> each.meanMicros() >= SLOW_IMPORT_MICROS
                        && each.starts() >= A_GOOD_PART * starts
                        && each.meanMicros() * each.starts() >= A_GOOD_PART * load)
                .findFirst()
                .map(each -> slowImport(each, mean(held ? rungs : others), held));
        return slow.isPresent() || perStart < OWN_LOAD_MICROS
                ? slow
                : Optional.of(new Advice(
                        Optional.of(function),
                        "load",
                        "loading its code takes " + millis(perStart) + " of the " + millis(whole)
                                + " that a start takes",
                        "do less while the module is loaded: connect and read files when they are first needed"));
    }

    private static long mean(List<Rung> rungs) {
        long starts = rungs.stream().mapToLong(Rung::starts).sum();
        return starts == 0
                ? 0
                : rungs.stream()
                                .mapToLong(rung -> rung.starts() * rung.meanMicros())
                                .sum()
                        / starts;
    }

    /** @param whole microseconds of a start that had to import it: one from a dependency zygote found it there */
    private static Advice slowImport(SlowImport slow, long whole, boolean held) {
        return new Advice(
                Optional.of(slow.function()),
                "imports",
                "importing " + slow.module() + " takes " + millis(slow.meanMicros()) + " of the " + millis(whole)
                        + " that a start takes",
                "import it inside the handler that needs it"
                        + (held ? "" : "; where a dependency zygote can hold it, later starts are spared that"));
    }

    /** Calls wait for a free slot for longer than for a start. */
    private static Optional<Advice> queueing(FunctionName function, List<Rung> rungs) {
        long calls = rungs.stream().mapToLong(Rung::calls).sum();
        long queued = rungs.stream()
                .mapToLong(rung -> rung.calls() * rung.queueMicros())
                .sum();
        long median = rungs.stream()
                .max(Comparator.comparingLong(Rung::calls))
                .map(Rung::p50Micros)
                .orElse(0L);
        if (calls == 0 || queued < NOTICED_MICROS * calls || queued / calls <= median) {
            return Optional.empty();
        }
        return Optional.of(new Advice(
                Optional.of(function),
                "queue",
                "calls waited " + millis(queued / calls) + " on average for a free slot, besides the start",
                "raise concurrency or maxInstances in mayfly.yaml"));
    }

    /** Many calls are cold, and one notices. */
    private static Optional<Advice> idling(FunctionName function, List<Rung> rungs, long invocations) {
        long calls = rungs.stream().mapToLong(Rung::calls).sum();
        boolean noticed = rungs.stream().anyMatch(rung -> rung.p50Micros() >= NOTICED_MICROS);
        if (!noticed || invocations < ENOUGH_CALLS || calls < A_GOOD_PART * invocations) {
            return Optional.empty();
        }
        return Optional.of(new Advice(
                Optional.of(function),
                "idle",
                calls + " of " + count(invocations, "call") + " waited for a start",
                "raise idleTimeout, or set minInstances: 1, in mayfly.yaml; memory is billed only while a call runs"));
    }

    /** The operator's budget for prewarmed workers is small for what comes. */
    private static Optional<Advice> emptyPool(ColdStartReport report) {
        long starts = report.rungs().stream().mapToLong(Rung::starts).sum();
        long empty = report.reasons().stream()
                .filter(reason -> EMPTY_POOL.matcher(reason.why()).find())
                .mapToLong(Reason::starts)
                .sum();
        if (empty < ENOUGH_STARTS || empty < A_GOOD_PART * starts) {
            return Optional.empty();
        }
        return Optional.of(new Advice(
                Optional.empty(),
                "pool",
                "the pool was empty for " + empty + " of " + count(starts, "start"),
                "give the server more room for prewarmed workers: --pool-workers and --pool-memory"));
    }

    private static String count(long number, String one) {
        return number + " " + one + (number == 1 ? "" : "s");
    }

    private static String millis(long micros) {
        return micros < 10_000
                ? String.format(Locale.ROOT, "%.1f ms", micros / 1000.0)
                : Math.round(micros / 1000.0) + " ms";
    }
}
