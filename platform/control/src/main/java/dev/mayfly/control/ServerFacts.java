package dev.mayfly.control;

import java.nio.file.Path;

/**
 * What a server says about itself.
 *
 * @param startedAt milliseconds since 1970
 */
public record ServerFacts(String version, long pid, Path home, String provider, long startedAt) {}
