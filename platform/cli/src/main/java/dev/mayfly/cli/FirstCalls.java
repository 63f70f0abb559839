package dev.mayfly.cli;

import dev.mayfly.model.ColdStart;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
     * @param served how many warm requests the server had been sent before, by the check itself
     * @param micros of the whole call, by the client's clock
     * @param problem what came instead of the answer; empty for a call that succeeded
     * @param record what the server says of it; empty where no function was called
     */
    record Sample(String function, long served, long micros, String problem, Optional<JsonObject> record) {
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
            view.put("served", served);
            view.put("micros", micros);
            view.put("problem", problem);
            view.put("cold", cold());
            view.put("rung", rung());
            view.put("why", start().why());
            view.put("queueMicros", queueMicros());
            view.put("initMicros", initMicros());
            view.put("runMicros", runMicros());
            view.put("steps", record.map(each -> each.objects("steps")).orElse(List.of()));
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

    /** Cold starts that can be compared with each other. */
    record Group(String rung, long served, List<Sample> samples) {
        List<Long> micros() {
            return samples.stream().map(Sample::micros).toList();
        }

        long median(ToLongFunction<Sample> time) {
            return FirstCalls.median(samples.stream().map(time::applyAsLong).toList());
        }

        /** As in {@code pool} and {@code pool, young server}. */
        String inWords() {
            return rung + (served == 0 ? ", young server" : "");
        }

        private Map<String, Object> asJson() {
            var view = new LinkedHashMap<String, Object>();
            view.put("rung", rung);
            view.put("served", served);
            view.put("calls", samples.size());
            view.put("p50Micros", FirstCalls.median(micros()));
            view.put("maxMicros", longest(micros()));
            return view;
        }
    }

    /** The calls that waited for a start, by where their instances came from, the fastest rung first, and whether the server was warm. */
    List<Group> groups() {
        var found = samples.stream()
                .filter(sample -> sample.cold() && sample.problem().isEmpty())
                .collect(Collectors.groupingBy(
                        sample -> new Group(sample.rung(), sample.served(), List.of()), Collectors.toList()));
        return found.entrySet().stream()
                .map(each -> new Group(each.getKey().rung(), each.getKey().served(), List.copyOf(each.getValue())))
                .sorted(Comparator.comparingInt((Group group) -> place(group.rung()))
                        .thenComparing(Group::served, Comparator.reverseOrder()))
                .toList();
    }

    private static int place(String rung) {
        return RUNGS.contains(rung) ? RUNGS.indexOf(rung) : RUNGS.size();
    }

    /** The time of which half of the others are shorter; of an even number the shorter one of the middle. */
    static long median(List<Long> micros) {
        return micros.isEmpty() ? 0 : micros.stream().sorted().toList().get((micros.size() - 1) / 2);
    }

    static long longest(List<Long> micros) {
        return micros.stream().mapToLong(Long::longValue).max().orElse(0);
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
        var groups = groups();
        int cold = groups.stream().mapToInt(group -> group.samples().size()).sum();
        if (cold == 0) {
            return new Verdict.Broken("%d calls, and none waited for a start".formatted(samples.size()), fix);
        }
        return new Verdict.Held("%d of %d cold, p50: %s"
                .formatted(
                        cold,
                        samples.size(),
                        groups.stream()
                                .map(group -> Amounts.fine(median(group.micros())) + " from " + group.inWords())
                                .collect(Collectors.joining("; "))));
    }

    /** {@code {"groups":[…],"calls":[…],"beside":[…]}}, times in microseconds. */
    Map<String, Object> asJson() {
        var view = new LinkedHashMap<String, Object>();
        view.put("groups", groups().stream().map(Group::asJson).toList());
        view.put("calls", samples.stream().map(Sample::asJson).toList());
        view.put("beside", peers.stream().map(Peer::asJson).toList());
        return view;
    }
}
