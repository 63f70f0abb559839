package dev.mayfly.engine;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Limits;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Stickiness;
import dev.mayfly.model.Trigger;
import dev.mayfly.store.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Projects of several teams, with limits, for tests: each has one deployment, which production leads to. */
final class Tenants {
    private final TreeMap<ProjectName, Snapshot.Project> projects = new TreeMap<>();
    private int deployments;
    private int revision;

    /** Adds a project, or deploys it anew. */
    Deployment project(String team, String name, @Nullable Integer most, Function... functions) {
        var id = new DeploymentId("%010d".formatted(++deployments));
        var project = new ProjectName(name);
        var deployment = new Deployment(
                Deployment.VERSION,
                id,
                project,
                0,
                "functions",
                "",
                List.of(functions),
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                List.of(),
                1,
                1,
                true,
                most);
        var all = new LinkedHashMap<DeploymentId, Deployment>();
        var before = projects.get(project);
        if (before != null) {
            all.putAll(before.deployments());
        }
        all.put(id, deployment);
        var production = Alias.of(AliasName.PRODUCTION, id, new Stickiness.None());
        projects.put(
                project,
                new Snapshot.Project(
                        project,
                        team,
                        0,
                        0,
                        new TreeMap<>(Map.of(AliasName.PRODUCTION, production)),
                        all,
                        Map.of(),
                        new TreeSet<>(),
                        new TreeMap<>()));
        return deployment;
    }

    static Function function(String name, @Nullable Integer reserved) {
        return function(name, reserved, 1000, Duration.ofSeconds(30));
    }

    /** One request at a time in an instance, and as many instances as are wanted. */
    static Function function(String name, @Nullable Integer reserved, int queue, Duration queueTimeout) {
        var d = Limits.DEFAULTS;
        var limits = new Limits(
                d.memory(),
                d.cpu(),
                1,
                0,
                1000,
                d.timeout(),
                d.idleTimeout(),
                queue,
                queueTimeout,
                d.requestBody(),
                d.requestHeaders(),
                d.pids(),
                d.tmp(),
                d.inodes(),
                d.logRate(),
                d.egress(),
                d.isolation(),
                d.zygotes(),
                reserved);
        return new Function(
                new FunctionName(name),
                "python3",
                new Entrypoint(Entrypoint.Kind.HANDLER, "api.py", "handler"),
                limits,
                Deployments.CODE,
                null);
    }

    Snapshot snapshot() {
        return new Snapshot(++revision, new TreeMap<>(projects));
    }

    static InvocationRequest request(Deployment deployment, String function) {
        return new InvocationRequest(
                deployment,
                deployment.function(new FunctionName(function)).orElseThrow(),
                Trigger.HTTP,
                "GET",
                "/" + function,
                new Caller.Outside());
    }

    /** So many requests of {@code function} at once, each of which runs for {@code run}. */
    static List<World.Call> call(World world, Deployment deployment, String function, int count, Duration run) {
        var calls = new ArrayList<World.Call>();
        for (int i = 0; i < count; i++) {
            calls.add(world.call(run, request(deployment, function)));
        }
        return calls;
    }
}
