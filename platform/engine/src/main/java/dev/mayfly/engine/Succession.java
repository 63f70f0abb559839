package dev.mayfly.engine;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import dev.mayfly.store.Snapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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
     * How many requests at once will come where aliases are about to lead, by what comes to the functions of the same names where they lead now. Who called
     * what a name other than production led to is not known where another name leads there too: then it counts as nobody.
     *
     * @param demand requests that a function has at once now
     */
    static Map<Target, Integer> heirs(Snapshot now, Snapshot next, ToIntFunction<Target.Key> demand) {
        var heirs = new HashMap<Target, Integer>();
        for (var project : next.projects().values()) {
            var before = now.projects().get(project.name());
            if (before != null && !before.aliases().equals(project.aliases())) {
                for (var alias : project.aliases().values()) {
                    before.alias(alias.name())
                            .filter(old -> !old.shares().equals(alias.shares()))
                            .ifPresent(old -> heirs(project, called(before, old), alias, demand, heirs));
                }
            }
        }
        return heirs;
    }

    /** The shares of which it is known that they are called by this name. */
    private static List<Share> called(Snapshot.Project project, Alias alias) {
        return alias.shares().stream()
                .filter(share -> alias.name().equals(AliasName.PRODUCTION)
                        || project.aliasesOf(share.deployment()).size() == 1)
                .toList();
    }

    private static void heirs(
            Snapshot.Project project,
            List<Share> called,
            Alias alias,
            ToIntFunction<Target.Key> demand,
            Map<Target, Integer> heirs) {
        double all = alias.shares().stream().mapToInt(Share::weight).sum();
        for (var share : alias.shares()) {
            var deployment = project.deployments().get(share.deployment());
            if (deployment == null) {
                continue;
            }
            for (var function : deployment.functions()) {
                int requests = called.stream()
                        .mapToInt(each -> demand.applyAsInt(new Target.Key(each.deployment(), function.name())))
                        .sum();
                int part = (int) Math.ceil(requests * share.weight() / all);
                if (part > 0) {
                    heirs.merge(new Target(deployment, function), part, Integer::sum);
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
