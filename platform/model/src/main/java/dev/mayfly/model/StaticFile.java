package dev.mayfly.model;

/**
 * A file served as it is.
 *
 * @param path request path, decoded, starting with {@code /}
 * @param size bytes
 */
public record StaticFile(String path, Digest blob, long size, String contentType) {
    public StaticFile {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("static path: " + path + " (expected: a path starting with '/')");
        }
    }
}
