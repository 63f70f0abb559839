package dev.mayfly.engine;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Limits;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Protocol;
import dev.mayfly.model.Stickiness;
import dev.mayfly.model.Trigger;
import dev.mayfly.store.Snapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Deployments of one function for tests. */
final class Deployments {
    static final Digest CODE = Digest.of("code");

    private Deployments() {}

    static Deployment of(Limits limits, Entrypoint.Kind kind, Map<String, String> environment, List<String> secrets) {
        var entrypoint = switch (kind) {
            case HANDLER -> new Entrypoint(kind, "api.py", "handler");
            case APP -> new Entrypoint(kind, "api.py", "app");
            case SCRIPT -> new Entrypoint(kind, "api.py", "");
            case COMMAND -> Entrypoint.command("", List.of("./server"));
        };
        return of(
                new Function(new FunctionName("api/hello"), "python3", entrypoint, limits, CODE, null),
                environment,
                secrets);
    }

    /** One of many. */
    static Deployment numbered(Limits limits, int number) {
        var function = new Function(
                new FunctionName("api/hello"),
                "python3",
                new Entrypoint(Entrypoint.Kind.HANDLER, "api.py", "handler"),
                limits,
                CODE,
                null);
        return of(new DeploymentId("%010d".formatted(number)), function, Map.of(), List.of());
    }

    /** A program that speaks HTTP/2. */
    static Deployment h2c() {
        var entrypoint = Entrypoint.command("", List.of("./server"));
        return of(
                new Function(
                        new FunctionName("api/hello"),
                        Function.PROVIDED,
                        entrypoint,
                        Limits.DEFAULTS,
                        CODE,
                        null,
                        Protocol.H2C),
                Map.of(),
                List.of());
    }

    private static Deployment of(Function function, Map<String, String> environment, List<String> secrets) {
        return of(new DeploymentId("aaaaaaaaaa"), function, environment, secrets);
    }

    private static Deployment of(
            DeploymentId id, Function function, Map<String, String> environment, List<String> secrets) {
        return new Deployment(
                Deployment.VERSION,
                id,
                new ProjectName("hello"),
                0,
                "functions",
                "",
                List.of(function),
                List.of(),
                List.of(),
                environment,
                secrets,
                List.of(),
                1,
                1,
                true);
    }

    static InvocationRequest request(Deployment deployment) {
        return request(deployment, new Caller.Outside());
    }

    static InvocationRequest request(Deployment deployment, Caller caller) {
        return new InvocationRequest(
                deployment, deployment.functions().getFirst(), Trigger.HTTP, "GET", "/api/hello", caller);
    }

    /** What a catalog says in which production leads to the first of these, and a name to each of the others. */
    static Snapshot led(long revision, List<Deployment> deployments) {
        var aliases = new TreeMap<AliasName, Alias>();
        var all = new LinkedHashMap<DeploymentId, Deployment>();
        for (var each : deployments) {
            var name = aliases.isEmpty() ? AliasName.PRODUCTION : new AliasName("alias" + aliases.size());
            aliases.put(name, Alias.of(name, each.id(), new Stickiness.None()));
            all.put(each.id(), each);
        }
        return with(revision, aliases, all);
    }

    /** One project of that name. */
    static Snapshot with(
            long revision, NavigableMap<AliasName, Alias> aliases, SequencedMap<DeploymentId, Deployment> deployments) {
        var name = new ProjectName("hello");
        var project = new Snapshot.Project(
                name, "default", 0, 0, aliases, deployments, Map.of(), new TreeSet<>(), new TreeMap<>());
        return new Snapshot(revision, new TreeMap<>(Map.of(name, project)));
    }

    /** The defaults with what matters to a test changed. */
    record Changed(
            @Nullable Integer concurrency,
            int minInstances,
            int maxInstances,
            Duration timeout,
            Duration idleTimeout,
            int queue,
            Duration queueTimeout) {
        static Changed nothing() {
            var d = Limits.DEFAULTS;
            return new Changed(
                    null,
                    d.minInstances(),
                    d.maxInstances(),
                    d.timeout(),
                    d.idleTimeout(),
                    d.queue(),
                    d.queueTimeout());
        }

        Changed concurrency(int value) {
            return new Changed(value, minInstances, maxInstances, timeout, idleTimeout, queue, queueTimeout);
        }

        Changed minInstances(int value) {
            return new Changed(concurrency, value, maxInstances, timeout, idleTimeout, queue, queueTimeout);
        }

        Changed maxInstances(int value) {
            return new Changed(concurrency, minInstances, value, timeout, idleTimeout, queue, queueTimeout);
        }

        Changed timeout(Duration value) {
            return new Changed(concurrency, minInstances, maxInstances, value, idleTimeout, queue, queueTimeout);
        }

        Changed idleTimeout(Duration value) {
            return new Changed(concurrency, minInstances, maxInstances, timeout, value, queue, queueTimeout);
        }

        Changed queue(int value, Duration longest) {
            return new Changed(concurrency, minInstances, maxInstances, timeout, idleTimeout, value, longest);
        }

        Limits limits() {
            var d = Limits.DEFAULTS;
            return new Limits(
                    d.memory(),
                    d.cpu(),
                    concurrency,
                    minInstances,
                    maxInstances,
                    timeout,
                    idleTimeout,
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
                    d.zygotes());
        }
    }
}
