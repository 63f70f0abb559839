package dev.mayfly.control.metrics;

import dev.mayfly.model.UsageRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;

/** Cold starts by the rung that they came from, and what their steps took. What a worker calls a step is untrusted, so only known names count. */
public final class ColdStartCounts {
    private static final String OTHER = "other";
    private static final List<String> RUNGS = List.of("pool", "zygote", "dependencies", "boot", OTHER);
    private static final List<String> STEPS =
            List.of("queue", "init", "run", "sandbox", "boot", "specialise", "load", OTHER);

    private final Map<String, Rung> rungs = new LinkedHashMap<>();

    private static final class Rung {
        private final LongAdder starts = new LongAdder();
        private final Map<String, LongAdder> micros = new LinkedHashMap<>();
    }

    public ColdStartCounts() {
        for (var name : RUNGS) {
            var rung = new Rung();
            STEPS.forEach(step -> rung.micros.put(step, new LongAdder()));
            rungs.put(name, rung);
        }
    }

    /** Safe on any thread. */
    public void count(UsageRecord entry) {
        if (!entry.cold()) {
            return;
        }
        var rung = rung(entry.start().rung());
        rung.starts.increment();
        add(rung, "queue", entry.queueMicros());
        add(rung, "init", entry.initMicros());
        add(rung, "run", entry.runMicros());
        for (var phase : entry.start().phases()) {
            var name = phase.name();
            add(rung, name.equals("queue") || name.equals("init") || name.equals("run") ? OTHER : name, phase.micros());
        }
    }

    private Rung rung(String name) {
        var rung = rungs.get(name);
        return rung == null ? Objects.requireNonNull(rungs.get(OTHER)) : rung;
    }

    private static void add(Rung rung, String step, long micros) {
        var adder = rung.micros.get(step);
        Objects.requireNonNull(adder == null ? rung.micros.get(OTHER) : adder).add(micros);
    }

    /** Rungs that there was a start from. */
    void starts(BiConsumer<String, Long> each) {
        rungs.forEach((name, rung) -> {
            if (rung.starts.sum() > 0) {
                each.accept(name, rung.starts.sum());
            }
        });
    }

    /** Their steps, in seconds. */
    void steps(StepSink each) {
        rungs.forEach((name, rung) -> {
            if (rung.starts.sum() > 0) {
                rung.micros.forEach((step, micros) -> each.step(name, step, micros.sum() / 1e6));
            }
        });
    }

    interface StepSink {
        void step(String rung, String step, double seconds);
    }
}
