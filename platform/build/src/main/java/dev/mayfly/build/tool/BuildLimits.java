package dev.mayfly.build.tool;

import java.time.Duration;

/**
 * What a build in a sandbox may use. They are the same for every project.
 *
 * @param memory bytes
 * @param cpu processors
 * @param pids processes and threads
 * @param step the longest one tool may take
 * @param file bytes of one file
 * @param disk bytes of all that a build writes, with its cache
 * @param layer bytes of what is installed
 * @param layerFiles files and folders of what is installed
 * @param cache bytes of a project's cache; a larger one is thrown away before its next build
 */
public record BuildLimits(
        long memory,
        double cpu,
        int pids,
        Duration step,
        long file,
        long disk,
        long layer,
        int layerFiles,
        long cache) {
    /** Enough for the largest packages that run on a processor or a graphics card, which take some 8 GiB while they are installed. */
    public static final BuildLimits DEFAULTS =
            new BuildLimits(2L << 30, 2, 512, Duration.ofMinutes(15), 4L << 30, 16L << 30, 8L << 30, 250_000, 1L << 30);
}
