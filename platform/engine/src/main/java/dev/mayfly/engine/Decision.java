package dev.mayfly.engine;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProjectName;
import java.util.Optional;

/**
 * Something the platform did by itself for a function: what, why, on what grounds, and, by its reason, the setting that would have changed it.
 *
 * @param at milliseconds since 1970
 * @param invocation the request that it was for, or that caused it; absent where time did
 * @param instance that it is about, if one
 * @param split where it is about to which deployment of an alias the request went
 */
public record Decision(
        long at,
        ProjectName project,
        DeploymentId deployment,
        FunctionName function,
        Reason reason,
        Optional<InvocationId> invocation,
        Optional<InstanceId> instance,
        Inputs inputs,
        Optional<SplitChoice> split) {
    public Reason.Kind kind() {
        return reason.kind();
    }

    /**
     * What was known then.
     *
     * @param waiting requests in the queue
     * @param running requests that had a slot
     * @param serving instances that took requests
     * @param starting instances on their way
     * @param coldStartMicros what starting this function takes; 0: not known yet
     * @param serviceMicros what a request takes; 0: not known yet
     * @param waitedMicros how long this request has waited
     */
    public record Inputs(
            int waiting,
            int running,
            int serving,
            int starting,
            long coldStartMicros,
            long serviceMicros,
            long waitedMicros) {}
}
