package dev.mayfly.engine;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.Principal;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.store.AliasChange;
import dev.mayfly.store.AliasState;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A catalog of stored variables, and of no project. */
final class EnvironmentCatalog implements Catalog {
    final Map<String, String> variables = new ConcurrentHashMap<>();

    /** What asking for them throws. */
    volatile @Nullable Error error;

    @Override
    public Map<String, String> environment(ProjectName project) {
        var thrown = error;
        if (thrown != null) {
            throw thrown;
        }
        return Map.copyOf(variables);
    }

    @Override
    public long addToken(String tokenDigest, String team, Scope scope) {
        throw unsupported();
    }

    @Override
    public Optional<Principal> principal(String tokenDigest) {
        throw unsupported();
    }

    @Override
    public Snapshot snapshot() {
        return new Snapshot(0, Collections.emptyNavigableMap());
    }

    @Override
    public void follow(Consumer<Snapshot> listener) {
        throw unsupported();
    }

    @Override
    public long addDeployment(String team, Deployment deployment, boolean promote, Ports ports) {
        throw unsupported();
    }

    @Override
    public AliasChange changeAlias(
            ProjectName project, AliasName name, AliasMove.Cause cause, Function<AliasState, Alias> change) {
        throw unsupported();
    }

    @Override
    public long removeAlias(ProjectName project, AliasName alias) {
        throw unsupported();
    }

    @Override
    public List<AliasMove> moves(ProjectName project, Optional<AliasName> alias) {
        throw unsupported();
    }

    @Override
    public long removeDeployment(ProjectName project, DeploymentId deployment) {
        throw unsupported();
    }

    @Override
    public long removeProject(ProjectName project) {
        throw unsupported();
    }

    @Override
    public long setEnvironment(ProjectName project, Map<String, String> values) {
        throw unsupported();
    }

    @Override
    public long unsetEnvironment(ProjectName project, Set<String> names) {
        throw unsupported();
    }

    @Override
    public long addDomain(ProjectName project, DomainName name, String token) {
        throw unsupported();
    }

    @Override
    public long verifyDomain(ProjectName project, DomainName name, String token) {
        throw unsupported();
    }

    @Override
    public long removeDomain(ProjectName project, DomainName name) {
        throw unsupported();
    }

    @Override
    public long movePorts(ProjectName project, Optional<DeploymentId> deployment, int port) {
        throw unsupported();
    }

    @Override
    public void close() {}

    private static UnsupportedOperationException unsupported() {
        return new UnsupportedOperationException("not asked for here");
    }
}
