package dev.mayfly.cli;

import dev.mayfly.model.ColdStart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * First calls of functions that nobody had called, and what stands beside them. All times are as they were measured, in the order of the calls.
 *
 * @param peers what was measured in between
 */
record FirstCalls(List<Sample> samples, List<Peer> peers) {
    /** From the best case on. */
    private static final List<String> RUNGS = List.of("pool", "dependencies", "zygote", "boot");

    FirstCalls {
        samples = List.copyOf(samples);
        peers = List.copyOf(peers);
    }

    /**
     * One call.
     *
     * @param micros of the whole call, by the client's clock
     * @param problem what came instead of the answer; empty for a call that succeeded
     * @param record what the server says of it; empty where no function was called
     */
    record Sample(String function, long micros, String problem, Optional<JsonObject> record) {
        boolean cold() {
            return record.isPresent() && record.get().flag("cold");
        }

        /** Where its instance came from, or {@code unknown} where the server does not say. */
        String rung() {
            var rung = start().rung();
            return rung.isEmpty() ? "unknown" : rung;
        }

        ColdStart start() {
            return record.map(Starts::of).orElse(ColdStart.NONE);
        }

        /** From the first byte that the server saw until the function's last. */
        long serverMicros() {
            return queueMicros() + initMicros() + runMicros();
        }

        long queueMicros() {
            return number("queueMicros");
        }

        long initMicros() {
            return number("initMicros");
        }

        long runMicros() {
            return number("runMicros");
        }

        /** Connecting, the way there and back, and the client. */
        long clientMicros() {
            return Math.max(0, micros - serverMicros());
        }

        private long number(String name) {
            return record.map(each -> each.number(name)).orElse(0L);
        }

        private Map<String, Object> asJson() {
            var view = new LinkedHashMap<String, Object>();
            view.put("function", function);
            view.put("micros", micros);
            view.put("problem", problem);
            view.put("cold", cold());
            view.put("rung", rung());
            view.put("why", start().why());
            view.put("queueMicros", queueMicros());
            view.put("initMicros", initMicros());
            view.put("runMicros", runMicros());
            view.put(
                    "steps",
                    start().steps().stream()
                            .map(step -> Map.of("name", step.name(), "micros", step.micros()))
                            .toList());
            return view;
        }
    }

    /**
     * What else was started, for comparison.
     *
     * @param what it is, for people
     * @param missing why it was not measured; empty where it was
     */
    record Peer(String what, String missing, List<Long> micros) {
        Peer {
            micros = List.copyOf(micros);
        }

        private Map<String, Object> asJson() {
            var view = new LinkedHashMap<String, Object>();
            view.put("what", what);
            view.put("missing", missing);
            view.put("micros", micros);
            return view;
        }
    }

    /** The calls that waited for a start, by where their instances came from, the fastest rung first. */
    Map<String, List<Sample>> byRung() {
        var found = samples.stream()
                .filter(sample -> sample.cold() && sample.problem().isEmpty())
                .collect(Collectors.groupingBy(Sample::rung, TreeMap::new, Collectors.toList()));
        var sorted = new LinkedHashMap<String, List<Sample>>();
        RUNGS.stream().filter(found::containsKey).forEach(rung -> sorted.put(rung, found.get(rung)));
        found.forEach(sorted::putIfAbsent);
        return sorted;
    }

    /** The time of which half of the others are shorter; of an even number the shorter one of the middle. */
    static long median(List<Long> micros) {
        return micros.isEmpty() ? 0 : micros.stream().sorted().toList().get((micros.size() - 1) / 2);
    }

    static long longest(List<Long> micros) {
        return micros.stream().mapToLong(Long::longValue).max().orElse(0);
    }

    static long median(List<Sample> samples, ToLongFunction<Sample> time) {
        return median(samples.stream().map(time::applyAsLong).toList());
    }

    static List<Long> times(List<Sample> samples) {
        return samples.stream().map(Sample::micros).toList();
    }

    /** It is no verdict on how fast that was: only that each call was answered, and that some of them waited for a start. */
    Verdict verdict(String fix) {
        var problems =
                samples.stream().filter(sample -> !sample.problem().isEmpty()).toList();
        if (!problems.isEmpty()) {
            return new Verdict.Broken(
                    "%d of %d calls failed: %s"
                            .formatted(
                                    problems.size(),
                                    samples.size(),
                                    problems.getFirst().problem()),
                    fix);
        }
        var rungs = byRung();
        long cold = rungs.values().stream().mapToLong(List::size).sum();
        if (cold == 0) {
            return new Verdict.Broken("%d calls, and none waited for a start".formatted(samples.size()), fix);
        }
        var each = new ArrayList<String>();
        rungs.forEach((rung, calls) ->
                each.add("%d from %s in %s".formatted(calls.size(), rung, Amounts.fine(median(times(calls))))));
        return new Verdict.Held("%d of %d cold: %s".formatted(cold, samples.size(), String.join(", ", each)));
    }

    /** {@code {"calls":[…],"rungs":[…],"beside":[…]}}, times in microseconds. */
    Map<String, Object> asJson() {
        var rungs = new ArrayList<Map<String, Object>>();
        byRung().forEach((rung, calls) -> {
            var view = new LinkedHashMap<String, Object>();
            view.put("rung", rung);
            view.put("calls", calls.size());
            view.put("p50Micros", median(times(calls)));
            view.put("maxMicros", longest(times(calls)));
            rungs.add(view);
        });
        var view = new LinkedHashMap<String, Object>();
        view.put("rungs", rungs);
        view.put("calls", samples.stream().map(Sample::asJson).toList());
        view.put("beside", peers.stream().map(Peer::asJson).toList());
        return view;
    }
}
