package dev.mayfly.control;

import dev.mayfly.model.Isolation;
import java.nio.file.Path;

/**
 * What a server says about itself.
 *
 * @param isolation what surrounds functions here
 * @param weakness one sentence on what is weaker than a sandbox with limits, and why; empty: nothing
 * @param weaknessFix what would make it stronger; empty: nothing
 * @param startedAt milliseconds since 1970
 */
public record ServerFacts(
        String version,
        long pid,
        Path home,
        String provider,
        Isolation isolation,
        String weakness,
        String weaknessFix,
        long startedAt) {}
