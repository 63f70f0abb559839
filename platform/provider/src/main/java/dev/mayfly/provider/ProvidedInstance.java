package dev.mayfly.provider;

import dev.mayfly.model.CpuSource;
import dev.mayfly.model.ServingMode;
import java.util.List;

/** A running instance. Safe to call from any thread. */
public interface ProvidedInstance {
    /** Unix socket path on which it serves HTTP/1.1. */
    String address();

    ServingMode mode();

    /**
     * How it was started: {@code pool} from a sandbox that was made before, {@code zygote} or {@code dependencies} forked, {@code boot} from
     * nothing.
     */
    String rung();

    /** Why no faster, in a sentence; empty where nothing is faster. */
    default String why() {
        return "";
    }

    /** What starting it took, in order. */
    List<Step> steps();

    /** What loading the user's code imported, slowest first: what its worker says, bounded but not believed. */
    default List<Import> imports() {
        return List.of();
    }

    /** CPU time used so far by all its processes; monotonic. Reads the kernel: not for event loops. After its end: the final figure. */
    long cpuMicros();

    CpuSource cpuSource();

    /** Memory that would be free without it; -1 when that is not known. Reads the kernel: not for event loops. */
    default long memoryBytes() {
        return -1;
    }

    /** Asks it to finish what runs and exit. Returns at once. */
    void drain();

    /** Ends all its processes, reading the counter last. Returns when nothing of it is left; {@code exited} has been reported then. */
    void kill();

    /** One step of starting, for explanations. */
    record Step(String name, long micros) {}

    /** A top-level module and how long importing it took, with what it imported in turn. */
    record Import(String module, long micros) {}
}
