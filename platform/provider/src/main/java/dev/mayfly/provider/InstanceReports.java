package dev.mayfly.provider;

import dev.mayfly.model.LogLine;

/** What an instance tells. All of it is untrusted. */
public interface InstanceReports {
    /**
     * It takes connections already, though it serves them only once it is ready: whoever waits may connect meanwhile. At most a hint: it may not
     * become what serves.
     *
     * @param address as {@link ProvidedInstance#address} will be
     */
    default void reachable(String address) {}

    void started(long invocation);

    void ended(long invocation);

    /** @param invocation 0 when the worker named none; may name one that never was */
    void log(long invocation, LogLine.Stream stream, int level, long at, String text);

    /**
     * It is gone, with all its processes. Reported once, last.
     *
     * @param cpuMicros final figure of the counter
     */
    void exited(ExitStatus status, long cpuMicros);
}
