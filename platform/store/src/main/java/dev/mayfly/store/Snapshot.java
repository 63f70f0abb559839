package dev.mayfly.store;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.ProjectName;
import java.util.List;
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

    /** The project that has shown that it owns {@code name}. */
    public Optional<Project> owner(DomainName name) {
        return projects.values().stream()
                .filter(project -> {
                    var domain = project.domains().get(name);
                    return domain != null && domain.verified();
                })
                .findFirst();
    }

    /**
     * @param createdAt milliseconds since 1970
     * @param port loopback port of production
     * @param deployments by id, oldest first
     * @param deploymentPorts loopback ports of deployments
     * @param environmentNames names of stored variables; values are only in {@link Catalog#environment}
     * @param domains host names of its own, claimed or verified
     */
    public record Project(
            ProjectName name,
            String team,
            long createdAt,
            int port,
            NavigableMap<AliasName, Alias> aliases,
            SequencedMap<DeploymentId, Deployment> deployments,
            Map<DeploymentId, Integer> deploymentPorts,
            NavigableSet<String> environmentNames,
            NavigableMap<DomainName, Domain> domains) {
        /** The deployment that most requests for production go to. */
        public Optional<Deployment> production() {
            return alias(AliasName.PRODUCTION).map(alias -> deployments.get(alias.main()));
        }

        public Optional<Alias> alias(AliasName wanted) {
            return Optional.ofNullable(aliases.get(wanted));
        }

        /** The aliases that lead to {@code deployment}, in the order of their names. */
        public List<Alias> aliasesOf(DeploymentId deployment) {
            return aliases.values().stream()
                    .filter(alias -> alias.names(deployment))
                    .toList();
        }
    }

    /**
     * A host name of a project's own, which answers once it is verified.
     *
     * @param token what its owner is to publish
     * @param verifiedAt milliseconds since 1970; 0: only claimed
     */
    public record Domain(DomainName name, String token, long addedAt, long verifiedAt) {
        public boolean verified() {
            return verifiedAt > 0;
        }
    }
}
