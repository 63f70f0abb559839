package dev.mayfly.engine;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * An invocation that wants a slot.
 *
 * @param split how its deployment was found; null: all requests go there
 * @param repeats the attempt before, which reached no code; null: this is the first
 */
public record InvocationRequest(
        Deployment deployment,
        Function function,
        Trigger trigger,
        String method,
        String path,
        Caller caller,
        @Nullable SplitChoice split,
        @Nullable InvocationId repeats) {
    /** The first attempt, where all requests go to one deployment. */
    public InvocationRequest(
            Deployment deployment, Function function, Trigger trigger, String method, String path, Caller caller) {
        this(deployment, function, trigger, method, path, caller, null, null);
    }
}
