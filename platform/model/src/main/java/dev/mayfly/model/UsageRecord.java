package dev.mayfly.model;

/**
 * What one invocation cost. Times are whole units as named; nothing that is billed comes from what the worker says about itself.
 *
 * @param startedAt milliseconds since 1970 when the request was accepted
 * @param queueMicros waiting for a free slot, the cold start excluded
 * @param initMicros waiting for an instance to start; 0 when warm
 * @param runMicros from dispatch to the end of the response, or of the work after it
 * @param billedMillis run time, and init if so set, rounded up to whole milliseconds
 * @param memory configured bytes
 * @param memoryMicros this invocation's share of its instance's busy time
 * @param cpuMicros CPU time really used, children included
 * @param status HTTP status sent to the caller; 0 when none was sent
 * @param cold whether it waited for an instance to start
 * @param start how that instance was started; {@link ColdStart#NONE} when warm
 */
public record UsageRecord(
        InvocationId id,
        ProjectName project,
        DeploymentId deployment,
        FunctionName function,
        InstanceId instance,
        Trigger trigger,
        long startedAt,
        long queueMicros,
        long initMicros,
        long runMicros,
        long billedMillis,
        long memory,
        long memoryMicros,
        long cpuMicros,
        CpuSource cpuSource,
        long bytesIn,
        long bytesOut,
        Outcome outcome,
        int status,
        boolean cold,
        ColdStart start) {}
