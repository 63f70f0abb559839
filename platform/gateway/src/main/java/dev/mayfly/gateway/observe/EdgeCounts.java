package dev.mayfly.gateway.observe;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.store.Snapshot;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What the edge counts. Names in it are those of what is deployed and nothing that a client says, and they go when it goes; so however many paths,
 * hosts and methods are tried, there are no more numbers than before.
 */
public final class EdgeCounts {
    /** Functions and projects with numbers of their own; further ones share. */
    public static final int MOST_TARGETS = 2_000;

    private final TargetCounts management = new TargetCounts(Kind.MANAGEMENT, "", "");
    private final TargetCounts edge = new TargetCounts(Kind.EDGE, "", "");
    private final TargetCounts otherFunctions = new TargetCounts(Kind.FUNCTION, "", "");
    private final TargetCounts otherFiles = new TargetCounts(Kind.FILE, "", "");
    private final EnumMap<ErrorCode, LongAdder> errors = new EnumMap<>(ErrorCode.class);
    private final EnumMap<ConnectionEnd, LongAdder> closed = new EnumMap<>(ConnectionEnd.class);
    private final LongAdder accepted = new LongAdder();
    private volatile Now now = new Now(Map.of(), Map.of());

    private record Key(String project, String function) {}

    /** Of one deployment. */
    private record SiteCounts(TargetCounts files, Map<FunctionName, TargetCounts> functions) {}

    private record Now(Map<DeploymentId, SiteCounts> sites, Map<Key, TargetCounts> targets) {}

    public EdgeCounts() {
        for (var code : ErrorCode.values()) {
            errors.put(code, new LongAdder());
        }
        for (var why : ConnectionEnd.values()) {
            closed.put(why, new LongAdder());
        }
    }

    /** Numbers for what {@code snapshot} holds, those that there were already go on. Not for two threads at a time. */
    public void follow(Snapshot snapshot) {
        var targets = new HashMap<Key, TargetCounts>();
        var sites = new HashMap<DeploymentId, SiteCounts>();
        for (var project : snapshot.projects().values()) {
            for (var deployment : project.deployments().values()) {
                sites.put(deployment.id(), site(deployment, targets));
            }
        }
        now = new Now(sites, targets);
    }

    private SiteCounts site(Deployment deployment, Map<Key, TargetCounts> targets) {
        var project = deployment.project().value();
        var functions = new HashMap<FunctionName, TargetCounts>();
        for (var function : deployment.functions()) {
            functions.put(
                    function.name(),
                    target(Kind.FUNCTION, project, function.name().value(), targets, otherFunctions));
        }
        var files =
                deployment.staticFiles().isEmpty() ? otherFiles : target(Kind.FILE, project, "", targets, otherFiles);
        return new SiteCounts(files, functions);
    }

    private TargetCounts target(
            Kind kind, String project, String function, Map<Key, TargetCounts> targets, TargetCounts others) {
        var key = new Key(project, function);
        var known = targets.get(key);
        if (known != null) {
            return known;
        }
        if (targets.size() >= MOST_TARGETS) {
            return others;
        }
        var before = now.targets().get(key);
        var target = before == null ? new TargetCounts(kind, project, function) : before;
        targets.put(key, target);
        return target;
    }

    /** Whose numbers a request adds to. */
    public TargetCounts of(Kind kind, @Nullable DeploymentId deployment, @Nullable FunctionName function) {
        return switch (kind) {
            case MANAGEMENT -> management;
            case EDGE -> edge;
            case FILE -> {
                var site = deployment == null ? null : now.sites().get(deployment);
                yield site == null ? otherFiles : site.files();
            }
            case FUNCTION -> {
                var site = deployment == null ? null : now.sites().get(deployment);
                var target = site == null || function == null
                        ? null
                        : site.functions().get(function);
                yield target == null ? otherFunctions : target;
            }
        };
    }

    /** The edge answered by itself. */
    public void failed(ErrorCode code) {
        Objects.requireNonNull(errors.get(code)).increment();
    }

    public void accepted() {
        accepted.increment();
    }

    public void closed(ConnectionEnd why) {
        Objects.requireNonNull(closed.get(why)).increment();
    }

    /** All that had a request. */
    public List<TargetCounts> used() {
        var used = new ArrayList<TargetCounts>();
        for (var target : List.of(management, edge, otherFunctions, otherFiles)) {
            if (target.used()) {
                used.add(target);
            }
        }
        now.targets().values().stream().filter(TargetCounts::used).forEach(used::add);
        return used;
    }

    public long errors(ErrorCode code) {
        return Objects.requireNonNull(errors.get(code)).sum();
    }

    public long acceptedConnections() {
        return accepted.sum();
    }

    public long closedConnections(ConnectionEnd why) {
        return Objects.requireNonNull(closed.get(why)).sum();
    }
}
