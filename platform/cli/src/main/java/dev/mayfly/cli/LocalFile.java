package dev.mayfly.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of a project on this machine.
 *
 * @param path relative to the project, with {@code /}
 * @param size bytes
 * @param link target relative to the link's folder; null for a regular file
 */
record LocalFile(
        String path,
        Path file,
        long size,
        boolean executable,
        @Nullable String link) {}
