package dev.mayfly.engine;

import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A move of aliases whose new deployments lack instances for the requests of now: the edge leads where {@link #meanwhile} says while they start.
 * Of the thread that follows the catalog.
 */
public final class Handover {
    private final Snapshot meanwhile;
    private final Runnable start;
    private final Runnable await;

    Handover(Snapshot meanwhile, Runnable start, Runnable await) {
        this.meanwhile = meanwhile;
        this.start = start;
        this.await = await;
    }

    /** What is new, with the aliases of before where that is what waits: its revision is the one of before. */
    public Snapshot meanwhile() {
        return meanwhile;
    }

    /** Begins to start what is missing. The edge must know its deployments by then: what code calls while it is loaded is answered. */
    public void start() {
        start.run();
    }

    /** Waits until it is there, for {@link EngineSettings#startAhead} at most. */
    public void await() {
        await.run();
    }

    static Snapshot meanwhile(Snapshot now, Snapshot next, Set<ProjectName> waiting) {
        var projects = new TreeMap<>(next.projects());
        for (var name : waiting) {
            var before = now.projects().get(name);
            var after = next.projects().get(name);
            if (before != null && after != null && there(before, after)) {
                projects.put(
                        name,
                        new Snapshot.Project(
                                name,
                                after.team(),
                                after.createdAt(),
                                after.port(),
                                before.aliases(),
                                after.deployments(),
                                after.deploymentPorts(),
                                after.environmentNames(),
                                after.domains()));
            }
        }
        return new Snapshot(now.revision(), projects);
    }

    /** Whether everything that aliases led to is still there. */
    private static boolean there(Snapshot.Project before, Snapshot.Project after) {
        return before.aliases().values().stream()
                .flatMap(alias -> alias.shares().stream())
                .allMatch(share -> after.deployments().containsKey(share.deployment()));
    }

    /** What a deployment's function will have to do. */
    record Need(int requests, int least) {
        Need atLeast(int instances) {
            return new Need(requests, Math.max(least, instances));
        }
    }

    /** Those whose functions are in {@code needs}. */
    static Set<ProjectName> projects(Map<Target, Need> needs) {
        return needs.keySet().stream()
                .map(target -> target.deployment().project())
                .collect(Collectors.toSet());
    }
}
