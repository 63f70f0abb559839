package dev.mayfly.engine;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.ProjectName;
import java.util.Map;
import java.util.Optional;

/**
 * What one function is doing now, and why it has as many instances as it has, for {@code mayfly explain}.
 *
 * @param now waiting, running, serving and starting as of now, and what it is known to take
 * @param kept instances that stay when idle
 * @param startedFor why each of those that there are was started, and how many for each reason
 * @param held why there is not one more although requests wait; empty: no one is held back
 * @param forgotten decisions that were made and are no longer kept
 */
public record FunctionState(
        ProjectName project,
        DeploymentId deployment,
        FunctionName function,
        Decision.Inputs now,
        int kept,
        Map<Reason, Integer> startedFor,
        Optional<Reason> held,
        long forgotten) {
    public FunctionState {
        startedFor = Map.copyOf(startedFor);
    }
}
