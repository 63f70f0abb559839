package dev.mayfly.build.tool;

import dev.mayfly.model.DataSize;
import java.util.List;
import java.util.Optional;

/** Hears in what a tool says that it ran into a limit which only lets a call of it fail. */
final class Ceilings {
    private static final int SIGXFSZ = 25;
    private static final List<String> NO_MORE_PROCESSES =
            List.of("Resource temporarily unavailable", "can't start new thread", "Cannot fork");

    private final BuildLimits limits;
    private boolean processes;
    private boolean file;

    Ceilings(BuildLimits limits) {
        this.limits = limits;
    }

    void hear(String line) {
        processes |= NO_MORE_PROCESSES.stream().anyMatch(line::contains);
        file |= line.contains("File too large") || line.contains("File size limit exceeded");
    }

    /** The limit that a tool which failed met, in words. */
    Optional<String> met(int status) {
        if (file || status == 128 + SIGXFSZ) {
            return Optional.of("a file of a build may have " + new DataSize(limits.file()));
        }
        return processes
                ? Optional.of("a build may have " + limits.pids() + " processes and threads")
                : Optional.empty();
    }
}
