package dev.mayfly.provider;

import dev.mayfly.model.InstanceId;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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

    /** Which runtimes functions that are deployed have: what is held ready is held ready for these. Returns at once. */
    default void expect(Set<String> runtimes) {}

    /** Bytes of memory of everything that runs here for functions, or waits to; -1 when that is not known. Reads the kernel. */
    default long memoryBytes() {
        return -1;
    }

    /**
     * Memory is short: ends what waits for functions to start, what is had again soonest first, until so much was given back or the rest is needed for
     * starts at all; holds no more ready for a while. Blocks.
     *
     * @return bytes that were given back
     */
    default long release(long bytes) {
        return 0;
    }

    /**
     * Which live instance has this address, from before its code runs until nothing of it is left. Never blocks.
     *
     * @param address as the gateway sees callers that come through {@link #insideSocket}
     */
    default Optional<InstanceId> instanceAt(String address) {
        return Optional.empty();
    }

    /**
     * The Unix socket, made by the gateway, to which this provider takes connections of instances to the platform's own ports; each begins with
     * a line of the PROXY protocol, version 1. Empty: instances reach those ports like anyone on this machine.
     */
    default Optional<Path> insideSocket() {
        return Optional.empty();
    }

    /** The same, for connections to the port where the platform speaks TLS, if it does. */
    default Optional<Path> insideTlsSocket() {
        return Optional.empty();
    }

    /** Who connects to {@link #insideSocket} and {@link #insideTlsSocket}, when it is another user than the server's. */
    default Optional<Integer> insideUser() {
        return Optional.empty();
    }

    /** Every process the platform runs here, for {@code mayfly ps}. */
    List<PlatformProcess> processes();

    /** What this provider can and cannot enforce on this machine, for {@code mayfly doctor}. */
    List<Finding> findings();

    /** Ends every instance and waits for that. */
    @Override
    void close();

    /**
     * One process.
     *
     * @param instance whose it is; of the roles {@code pool} and {@code zygote}, the runtime; empty: the platform's own
     * @param residentBytes memory in RAM; 0 where all of it is another process's; -1 when it cannot be read
     */
    record PlatformProcess(long pid, String instance, String role, long residentBytes, long cpuMicros) {}

    /**
     * One line of {@code mayfly doctor}.
     *
     * @param fine whether nothing is wrong with this machine
     * @param fix what to do about it; where nothing is wrong, advice on what to know; empty for neither
     */
    record Finding(String subject, boolean fine, String detail, String fix) {}
}
