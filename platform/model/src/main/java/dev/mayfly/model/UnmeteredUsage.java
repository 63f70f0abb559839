package dev.mayfly.model;

/**
 * CPU time that an instance used and no invocation accounts for: start-up, work while idle, and what was lost with a killed server.
 *
 * @param at milliseconds since 1970 when it was booked
 */
public record UnmeteredUsage(
        ProjectName project,
        DeploymentId deployment,
        FunctionName function,
        InstanceId instance,
        long at,
        long cpuMicros) {}
