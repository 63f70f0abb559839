package dev.mayfly.store;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SequencedMap;

/** The catalog at one revision; immutable, shared by all readers. */
public record Snapshot(long revision, NavigableMap<ProjectName, Project> projects) {
    public Optional<Project> project(ProjectName name) {
        return Optional.ofNullable(projects.get(name));
    }

    /**
     * @param createdAt milliseconds since 1970
     * @param port loopback port of production
     * @param deployments by id, oldest first
     * @param deploymentPorts loopback ports of deployments
     * @param environmentNames names of stored variables; values are only in {@link Catalog#environment}
     */
    public record Project(
            ProjectName name,
            String team,
            long createdAt,
            int port,
            Map<String, DeploymentId> aliases,
            SequencedMap<DeploymentId, Deployment> deployments,
            Map<DeploymentId, Integer> deploymentPorts,
            NavigableSet<String> environmentNames) {
        public Optional<Deployment> production() {
            return Optional.ofNullable(aliases.get(Catalog.PRODUCTION)).map(deployments::get);
        }
    }
}
