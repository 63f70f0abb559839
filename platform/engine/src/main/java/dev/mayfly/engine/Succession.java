package dev.mayfly.engine;

import dev.mayfly.model.Alias;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import dev.mayfly.store.Snapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/** What deployments need of instances because aliases lead to them: those that are kept, and those that take over from others. */
final class Succession {
    private Succession() {}

    /** How many instances are kept: {@code minInstances} of each function that an alias leads to. */
    static Map<Target, Integer> kept(Snapshot snapshot) {
        var kept = new HashMap<Target, Integer>();
        for (var project : snapshot.projects().values()) {
            for (var id : led(project.aliases().values())) {
                var deployment = project.deployments().get(id);
                if (deployment != null) {
                    deployment.functions().stream()
                            .filter(function -> function.limits().minInstances() > 0)
                            .forEach(function -> kept.put(
                                    new Target(deployment, function),
                                    function.limits().minInstances()));
                }
            }
        }
        return kept;
    }

    /**
     * How many instances will be needed where aliases are about to lead, by what their functions of the same names need now where they lead.
     *
     * @param needed how many instances a function needs now
     */
    static Map<Target, Integer> heirs(Snapshot now, Snapshot next, ToIntFunction<Target.Key> needed) {
        var heirs = new HashMap<Target, Integer>();
        for (var project : next.projects().values()) {
            var before = now.projects().get(project.name());
            if (before != null && !before.aliases().equals(project.aliases())) {
                for (var alias : project.aliases().values()) {
                    before.alias(alias.name())
                            .filter(old -> !old.shares().equals(alias.shares()))
                            .ifPresent(old -> heirs(project, old, alias, needed, heirs));
                }
            }
        }
        return heirs;
    }

    private static void heirs(
            Snapshot.Project project,
            Alias old,
            Alias alias,
            ToIntFunction<Target.Key> needed,
            Map<Target, Integer> heirs) {
        double all = alias.shares().stream().mapToInt(Share::weight).sum();
        for (var share : alias.shares()) {
            var deployment = project.deployments().get(share.deployment());
            if (deployment == null || old.shares().contains(share)) {
                continue;
            }
            for (var function : deployment.functions()) {
                int used = old.shares().stream()
                        .mapToInt(each -> needed.applyAsInt(new Target.Key(each.deployment(), function.name())))
                        .sum();
                int wanted = (int) Math.ceil(used * share.weight() / all);
                if (wanted > 0) {
                    heirs.merge(new Target(deployment, function), wanted, Math::max);
                }
            }
        }
    }

    private static Set<DeploymentId> led(Iterable<Alias> aliases) {
        var led = new HashSet<DeploymentId>();
        for (var alias : aliases) {
            alias.shares().forEach(share -> led.add(share.deployment()));
        }
        return led;
    }
}
