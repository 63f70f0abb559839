package dev.mayfly.control.coldstart;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Trigger;
import dev.mayfly.model.UsageRecord;
import java.util.List;

/** Cold calls and what is made of them. */
final class Starts {
    static final FunctionName API = new FunctionName("api/hello");

    private Starts() {}

    static ColdStart start(String rung, String why, ColdStart.Step... steps) {
        return new ColdStart(rung, why, List.of(steps), List.of());
    }

    /** From boot: 200 ms, three quarters of them for loading the code. */
    static ColdStart importing(String module, long micros) {
        return new ColdStart(
                "boot",
                "",
                List.of(new ColdStart.Step("boot", 50_000), new ColdStart.Step("load", 150_000)),
                List.of(new ColdStart.Import(module, micros)));
    }

    static UsageRecord call(int instance, long initMicros, ColdStart start) {
        return call(instance, initMicros, start, Outcome.OK, 5_000);
    }

    static UsageRecord call(int instance, long initMicros, ColdStart start, Outcome outcome, long runMicros) {
        return call(API, instance, 7, initMicros, start, outcome, runMicros);
    }

    static UsageRecord call(
            FunctionName function,
            int instance,
            long queueMicros,
            long initMicros,
            ColdStart start,
            Outcome outcome,
            long runMicros) {
        return new UsageRecord(
                InvocationId.of(1_700_000_000_000L, instance),
                new ProjectName("hello"),
                new DeploymentId("aaaaaaaaaa"),
                function,
                new InstanceId("aaaaaaaaaa-" + instance),
                Trigger.HTTP,
                1_700_000_000_000L,
                queueMicros,
                initMicros,
                runMicros,
                5,
                1L << 29,
                5_000,
                2_000,
                CpuSource.CGROUP,
                0,
                0,
                outcome,
                outcome == Outcome.OK ? 200 : 500,
                true,
                start);
    }

    static ColdStartReport report(UsageRecord... calls) {
        var tally = new ColdStartTally();
        for (var call : calls) {
            tally.add(call);
        }
        return tally.report();
    }
}
