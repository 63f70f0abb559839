package dev.mayfly.store;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.DeploymentId;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * What a change of an alias may rest on.
 *
 * @param alias empty: there is none of that name
 * @param moves of it, newest first
 * @param deployments of its project, oldest first
 */
public record AliasState(Optional<Alias> alias, List<AliasMove> moves, SequencedSet<DeploymentId> deployments) {}
