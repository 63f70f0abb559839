package dev.mayfly.provider;

import java.util.List;

/**
 * A place where code can run. Pools, paths, pids and cgroups are its own matter; the engine sees none of them.
 */
public interface Provider extends AutoCloseable {
    /** {@code process}, {@code linux} or {@code kubernetes}. */
    String name();

    /**
     * Starts an instance and waits until it serves. Blocking: call it on a virtual thread. Cancel by interrupting; nothing is left behind.
     *
     * @param reports called, one at a time, on the instance's own thread, from before this method returns until after {@code exited}
     */
    Claim claim(InstanceSpec spec, InstanceReports reports) throws InterruptedException;

    /** Every process the platform runs here, for {@code mayfly ps}. */
    List<PlatformProcess> processes();

    /** What this provider can and cannot enforce on this machine, for {@code mayfly doctor}. */
    List<Finding> findings();

    /** Ends every instance and waits for that. */
    @Override
    void close();

    /** @param residentBytes memory in RAM; -1 when it cannot be read */
    record PlatformProcess(long pid, String instance, String role, long residentBytes, long cpuMicros) {}

    /**
     * One line of {@code mayfly doctor}.
     *
     * @param fine whether nothing is wrong with this machine
     * @param fix what to do about it; where nothing is wrong, advice on what to know; empty for neither
     */
    record Finding(String subject, boolean fine, String detail, String fix) {}
}
