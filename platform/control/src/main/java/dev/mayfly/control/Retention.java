package dev.mayfly.control;

import dev.mayfly.engine.Engine;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Share;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.RollbackTarget;
import dev.mayfly.store.Snapshot;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes deployments that are older than the newest so many of their project. Those stay that an alias leads to, or led to a moment ago, that a
 * rollback would lead to, and that have instances or requests that wait for one.
 */
public final class Retention {
    /** Keeps all. */
    public static final int ALL = Integer.MAX_VALUE;

    /** Another server may still lead there what it took before it heard of the move. */
    private static final Duration MOMENT = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    private final Catalog catalog;
    private final Engine engine;
    private final Clock clock;
    private final int newest;

    /** @param newest how many of each project stay in any case; at least 1 */
    public Retention(Catalog catalog, Engine engine, Clock clock, int newest) {
        this.catalog = catalog;
        this.engine = engine;
        this.clock = clock;
        this.newest = newest;
    }

    /** Of all projects. What goes wrong with one does not keep it from others. */
    public void apply() {
        catalog.snapshot().projects().keySet().forEach(this::apply);
    }

    void apply(ProjectName name) {
        try {
            catalog.snapshot()
                    .project(name)
                    .filter(project -> project.deployments().size() > newest)
                    .ifPresent(this::trim);
        } catch (RuntimeException e) {
            LOG.warn("old deployments of {} cannot be removed; it is tried again", name, e);
        }
    }

    private void trim(Snapshot.Project project) {
        var kept = kept(project);
        kept.addAll(engine.inUse());
        for (var id : project.deployments().sequencedKeySet()) {
            if (!kept.contains(id)) {
                remove(project.name(), id);
            }
        }
    }

    private void remove(ProjectName project, DeploymentId id) {
        try {
            catalog.removeDeployment(project, id);
            LOG.info("deployment {} of {} was removed: it was older than the {} newest", id, project, newest);
        } catch (ProblemException e) {
            var code = e.problem().code();
            boolean others = code == ErrorCode.CONFLICT // an alias was moved to it at this moment
                    || code == ErrorCode.DEPLOYMENT_NOT_FOUND
                    || code == ErrorCode.PROJECT_NOT_FOUND;
            if (!others) {
                throw e;
            }
        }
    }

    private Set<DeploymentId> kept(Snapshot.Project project) {
        var kept = new HashSet<DeploymentId>();
        project.deployments().sequencedKeySet().reversed().stream()
                .limit(newest)
                .forEach(kept::add);
        project.aliases().values().forEach(alias -> keep(kept, alias.shares()));
        var moves = catalog.moves(project.name(), Optional.empty());
        lately(moves, kept);
        project.alias(AliasName.PRODUCTION)
                .flatMap(now -> wayBack(project, now, moves))
                .ifPresent(shares -> keep(kept, shares));
        return kept;
    }

    private static Optional<List<Share>> wayBack(Snapshot.Project project, Alias now, List<AliasMove> moves) {
        var own = moves.stream().filter(move -> move.alias().equals(now.name())).toList();
        return RollbackTarget.of(now, own, project.deployments().keySet());
    }

    /** @param moves newest first, so that each ended when the one before it of the same alias came */
    private void lately(List<AliasMove> moves, Set<DeploymentId> kept) {
        var ended = new HashMap<AliasName, Long>();
        long since = clock.millis() - MOMENT.toMillis();
        for (var move : moves) {
            if (ended.getOrDefault(move.alias(), Long.MAX_VALUE) > since) {
                keep(kept, move.shares());
            }
            ended.put(move.alias(), move.at());
        }
    }

    private static void keep(Set<DeploymentId> kept, List<Share> shares) {
        shares.forEach(share -> kept.add(share.deployment()));
    }
}
