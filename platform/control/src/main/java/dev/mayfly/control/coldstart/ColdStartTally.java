package dev.mayfly.control.coldstart;

import dev.mayfly.control.coldstart.ColdStartReport.Reason;
import dev.mayfly.control.coldstart.ColdStartReport.Rung;
import dev.mayfly.control.coldstart.ColdStartReport.SlowImport;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.UsageRecord;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Adds up usage records of cold invocations, one at a time. Waiting is counted for each call; what belongs to the start itself (steps, imports,
 * reasons) once for each instance. What workers say is bounded: a function names at most {@value MOST_MODULES} modules here.
 */
public final class ColdStartTally {
    static final int MOST_MODULES = 200;
    private static final int SHOWN_MODULES = 10;
    private static final List<String> LADDER = List.of("pool", "zygote", "dependencies", "boot");

    private record RungKey(FunctionName function, String rung) {}

    private record ReasonKey(FunctionName function, String rung, String why) {}

    private static final class Sum {
        private long count;
        private long micros;
        private long max;

        void add(long one) {
            count++;
            micros += one;
            max = Math.max(max, one);
        }

        long mean() {
            return count == 0 ? 0 : Math.round((double) micros / count);
        }
    }

    private static final class Starts {
        private long[] waits = new long[16];
        private int calls;
        private long starts;
        private final Sum queue = new Sum();
        private final Sum handler = new Sum();
        private final Map<String, Long> steps = new LinkedHashMap<>();

        void call(UsageRecord usage) {
            if (calls == waits.length) {
                waits = Arrays.copyOf(waits, 2 * calls);
            }
            waits[calls++] = usage.initMicros();
            queue.add(usage.queueMicros());
            handler.add(usage.runMicros());
        }

        void start(ColdStart start) {
            starts++;
            start.phases().forEach(step -> steps.merge(step.name(), step.micros(), Long::sum));
        }

        Rung rung(RungKey key) {
            var sorted = Arrays.copyOf(waits, calls);
            Arrays.sort(sorted);
            return new Rung(
                    key.function(),
                    key.rung(),
                    starts,
                    calls,
                    quantile(sorted, 0.50),
                    quantile(sorted, 0.99),
                    quantile(sorted, 1),
                    queue.mean(),
                    steps.entrySet().stream()
                            .map(step -> new ColdStart.Step(
                                    step.getKey(), Math.round((double) step.getValue() / Math.max(1, starts))))
                            .toList(),
                    handler.mean());
        }
    }

    private final Map<RungKey, Starts> rungs = new HashMap<>();
    private final Map<FunctionName, Map<String, Sum>> modules = new HashMap<>();
    private final Map<ReasonKey, Long> reasons = new HashMap<>();
    private final Set<InstanceId> seen = new HashSet<>();
    private long calls;
    private long failed;
    private long unknown;

    /** Takes the record of a cold invocation. */
    public void add(UsageRecord usage) {
        calls++;
        var start = usage.start();
        if (!start.known()) {
            if (usage.outcome() == Outcome.FAILED && usage.runMicros() == 0) {
                failed++;
            } else {
                unknown++;
            }
            return;
        }
        var sums = rungs.computeIfAbsent(new RungKey(usage.function(), start.rung()), none -> new Starts());
        sums.call(usage);
        if (seen.add(usage.instance())) {
            sums.start(start);
            explain(usage.function(), start);
        }
    }

    private void explain(FunctionName function, ColdStart start) {
        if (!start.why().isEmpty()) {
            reasons.merge(new ReasonKey(function, start.rung(), start.why()), 1L, Long::sum);
        }
        var known = modules.computeIfAbsent(function, none -> new HashMap<>());
        for (var each : start.imports()) {
            if (known.size() < MOST_MODULES || known.containsKey(each.module())) {
                known.computeIfAbsent(each.module(), none -> new Sum()).add(each.micros());
            }
        }
    }

    /** What came so far. */
    public ColdStartReport report() {
        return new ColdStartReport(
                calls,
                failed,
                unknown,
                rungs.entrySet().stream()
                        .map(each -> each.getValue().rung(each.getKey()))
                        .sorted(Comparator.comparing(Rung::function)
                                .thenComparingInt(rung -> place(rung.rung()))
                                .thenComparing(Rung::rung))
                        .toList(),
                modules.keySet().stream().sorted().flatMap(this::slowest).toList(),
                reasons.entrySet().stream()
                        .map(each -> new Reason(
                                each.getKey().function(),
                                each.getKey().rung(),
                                each.getKey().why(),
                                each.getValue()))
                        .sorted(Comparator.comparing(Reason::function)
                                .thenComparing(
                                        Comparator.comparingLong(Reason::starts).reversed())
                                .thenComparing(Reason::why))
                        .toList());
    }

    /** Those on which most time went, most first. */
    private Stream<SlowImport> slowest(FunctionName function) {
        return modules.getOrDefault(function, Map.of()).entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, Sum> each) -> each.getValue().micros)
                        .reversed()
                        .thenComparing(Map.Entry::getKey))
                .limit(SHOWN_MODULES)
                .map(each -> new SlowImport(
                        function,
                        each.getKey(),
                        each.getValue().count,
                        each.getValue().mean(),
                        each.getValue().max));
    }

    private static int place(String rung) {
        int place = LADDER.indexOf(rung);
        return place < 0 ? LADDER.size() : place;
    }

    /** The smallest value that at least this share of them does not exceed. */
    private static long quantile(long[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}
