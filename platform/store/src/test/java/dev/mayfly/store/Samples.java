package dev.mayfly.store;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.ContentCoding;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Limits;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Route;
import dev.mayfly.model.StaticFile;
import dev.mayfly.model.Trigger;
import dev.mayfly.model.UnmeteredUsage;
import dev.mayfly.model.UsageRecord;
import java.util.List;
import java.util.Map;

/** Things to store. */
public final class Samples {
    public static final ProjectName HELLO = new ProjectName("hello");
    public static final ProjectName OTHER = new ProjectName("other");
    public static final FunctionName FUNCTION = new FunctionName("api/hello");
    public static final InstanceId ONE_INSTANCE = new InstanceId("aaaaaaaaa1-0");

    /** 2026-11-23 12:00 UTC. */
    public static final long NOON = 1_795_435_200_000L;

    /** What a hostile name of a module may still be once it was made plain. */
    public static final ColdStart START = new ColdStart(
            "boot",
            "the pool was empty",
            List.of(new ColdStart.Step("spawn", 3_000), new ColdStart.Step("load", 150_000)),
            List.of(new ColdStart.Import("numpy", 103_000), new ColdStart.Import("süß \"x\", [?'; --", 1)));

    private Samples() {}

    /** The n-th of the ids, in an order that is not that of their texts. */
    public static DeploymentId deploymentId(int n) {
        return new DeploymentId(
                (char) ('z' - n % 26) + Integer.toString(n + 1_000_000_000, 10).substring(1));
    }

    public static Deployment deployment(ProjectName project, int n) {
        var function = new Function(
                FUNCTION,
                "python3.11",
                new Entrypoint(Entrypoint.Kind.HANDLER, "api/hello.py", "handler"),
                Limits.DEFAULTS,
                Digest.of("code " + n),
                n % 2 == 0 ? null : Digest.of("dependencies"));
        return new Deployment(
                Deployment.VERSION,
                deploymentId(n),
                project,
                NOON + n,
                "functions",
                "because of api/hello.py",
                List.of(function),
                List.of(new Route("/api/hello", FUNCTION)),
                List.of(new StaticFile(
                        "/süß und \"gut\".html",
                        Digest.of("page"),
                        4,
                        "text/html",
                        List.of(new StaticFile.Encoded(ContentCoding.BR, Digest.of("pg"), 2)))),
                Map.of("GREETING", "hello\nworld ✓", "A", ""),
                List.of("PASSWORD"),
                List.of("mind the gap"),
                2,
                1234,
                n % 2 == 0);
    }

    public static UsageRecord usage(ProjectName project, long startedAt, int n) {
        return usage(project, startedAt, n, Outcome.OK);
    }

    public static UsageRecord usage(ProjectName project, long startedAt, int n, Outcome outcome) {
        return new UsageRecord(
                InvocationId.of(startedAt, n),
                project,
                deploymentId(0),
                FUNCTION,
                ONE_INSTANCE,
                Trigger.HTTP,
                startedAt,
                1,
                2,
                3_000,
                3,
                512L << 20,
                2_500,
                1_500,
                CpuSource.PROC,
                10,
                20,
                outcome,
                outcome == Outcome.OK ? 200 : 500,
                n == 0,
                n == 0 ? START : ColdStart.NONE);
    }

    public static UnmeteredUsage unmetered(ProjectName project, long at, long cpuMicros) {
        return new UnmeteredUsage(project, deploymentId(0), FUNCTION, ONE_INSTANCE, at, cpuMicros);
    }

    public static LogLine printed(ProjectName project, int n, String text) {
        return new LogLine(
                NOON + n,
                project,
                deploymentId(0),
                FUNCTION,
                ONE_INSTANCE,
                InvocationId.of(NOON, n + 1),
                LogLine.Stream.STDOUT,
                0,
                text);
    }
}
