package dev.mayfly.model;

import org.jspecify.annotations.Nullable;

/**
 * One line, or one traceback, of a function's output.
 *
 * @param at milliseconds since 1970
 * @param invocation the request it belongs to; null when none can be told
 * @param level Python's numbers: 0 not said, 10 debug, 20 info, 30 warning, 40 error, 50 critical
 */
public record LogLine(
        long at,
        ProjectName project,
        DeploymentId deployment,
        FunctionName function,
        InstanceId instance,
        @Nullable InvocationId invocation,
        Stream stream,
        int level,
        String text) {
    /** Where it was written. PLATFORM lines are the platform's own words about the function. */
    public enum Stream {
        STDOUT,
        STDERR,
        LOGGING,
        PLATFORM
    }
}
