package dev.mayfly.gateway;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * All that routing reads, compiled from one snapshot; immutable. Sites are named by the first label of their host: {@code hello} for production,
 * {@code hello--7k2m9x4q1a} for a deployment, {@code hello--canary} for another alias.
 *
 * @param sites by label, where all requests go to one
 * @param splits by label, where they are divided
 * @param ports loopback ports by label
 * @param labels the same the other way round
 * @param domains labels of production by verified domain
 */
record RoutingTable(
        long revision,
        Map<String, Site> sites,
        Map<String, Split> splits,
        Map<String, LocalPort> ports,
        Map<Integer, String> labels,
        Map<String, String> domains) {
    static final RoutingTable EMPTY = new RoutingTable(-1, Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

    /** A loopback port and whose it is; empty deployment: production's. */
    record LocalPort(int port, ProjectName project, Optional<DeploymentId> deployment) {}

    static String label(ProjectName project, DeploymentId deployment) {
        return project + "--" + deployment;
    }

    private static String label(ProjectName project, AliasName alias) {
        return alias.equals(AliasName.PRODUCTION) ? project.value() : project + "--" + alias;
    }

    /** Compiles {@code snapshot}; a deployment never changes, so what this table compiled of it is used again. */
    RoutingTable next(Snapshot snapshot) {
        var newSites = new HashMap<String, Site>();
        var newSplits = new HashMap<String, Split>();
        var newPorts = new HashMap<String, LocalPort>();
        var newDomains = new HashMap<String, String>();
        for (var project : snapshot.projects().values()) {
            for (var deployment : project.deployments().values()) {
                var label = label(project.name(), deployment.id());
                var known = sites.get(label);
                newSites.put(label, known == null ? new Site(deployment) : known);
                var port = project.deploymentPorts().get(deployment.id());
                if (port != null) {
                    newPorts.put(label, new LocalPort(port, project.name(), Optional.of(deployment.id())));
                }
            }
            var name = project.name().value();
            for (var alias : project.aliases().values()) {
                point(label(project.name(), alias.name()), project, alias, newSites, newSplits);
            }
            newPorts.put(name, new LocalPort(project.port(), project.name(), Optional.empty()));
            for (var domain : project.domains().values()) {
                if (domain.verified()) {
                    newDomains.put(domain.name().value(), name);
                }
            }
        }
        var newLabels = new HashMap<Integer, String>();
        newPorts.forEach((label, local) -> newLabels.put(local.port(), label));
        return new RoutingTable(snapshot.revision(), newSites, newSplits, newPorts, newLabels, newDomains);
    }

    private void point(
            String label,
            Snapshot.Project project,
            Alias alias,
            Map<String, Site> newSites,
            Map<String, Split> newSplits) {
        var led = alias.shares().stream()
                .map(share -> newSites.get(label(project.name(), share.deployment())))
                .filter(Objects::nonNull)
                .toList();
        if (led.size() < alias.shares().size()) {
            return; // of no catalog
        }
        if (led.size() == 1) {
            newSites.put(label, led.getFirst());
        } else {
            var known = splits.get(label);
            newSplits.put(label, known != null && known.isOf(alias) ? known : new Split(alias, led));
        }
    }
}
