package dev.mayfly.engine;

import dev.mayfly.engine.Comparison.Call;
import dev.mayfly.engine.Comparison.Trace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;

/**
 * Ours, Knative's and one instance per request on the shape of the Azure trace, by seed. {@code bench/run dispatch} starts it: arguments are seeds; for each
 * it prints one line of JSON for each policy.
 */
public final class PolicyReport {
    private static final int FUNCTIONS = 150;
    private static final Duration SPAN = Duration.ofHours(12);

    private PolicyReport() {}

    public static void main(String[] seeds) {
        for (var seed : seeds) {
            for (var each : compare(Long.parseLong(seed))) {
                System.out.printf(
                        Locale.ROOT,
                        "{\"seed\":%s,\"policy\":\"%s\",\"requests\":%d,\"coldPercent\":%.4f,\"waitedMillis\":%.4f,\"instanceSeconds\":%.0f}%n",
                        seed,
                        each.policy(),
                        each.requests(),
                        100 * each.coldShare(),
                        each.waitedMillis(),
                        each.instanceSeconds());
            }
        }
    }

    /** Ours, Knative's, one per request. */
    static List<Comparison> compare(long seed) {
        var traces = traces(seed);
        return List.of(
                sum(traces, OurPolicy::run), sum(traces, KnativePolicy::run), sum(traces, PerRequestPolicy::run));
    }

    private static Comparison sum(List<Trace> traces, Function<Trace, Comparison> policy) {
        return traces.stream().map(policy).reduce(Comparison::plus).orElseThrow();
    }

    private static List<Trace> traces(long seed) {
        var random = new Random(seed);
        var traces = new ArrayList<Trace>();
        for (var each : new AzureTrace(random, FUNCTIONS, SPAN).workloads()) {
            var calls = each.arrivals().stream()
                    .map(at -> new Call(at, each.service().applyAsLong(random)))
                    .sorted(Comparator.comparingLong(Call::at))
                    .toList();
            if (!calls.isEmpty()) {
                long chance = random.nextLong();
                traces.add(Trace.of(calls, number -> each.start().applyAsLong(new Random(chance + number))));
            }
        }
        return traces;
    }
}
