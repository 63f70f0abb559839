package dev.mayfly.model;

import java.util.List;

/**
 * A file served as it is.
 *
 * @param path request path, decoded, starting with {@code /}
 * @param size bytes
 * @param encoded the same content compressed, smallest first; empty: that does not pay
 */
public record StaticFile(String path, Digest blob, long size, String contentType, List<Encoded> encoded) {
    public StaticFile {
        encoded = List.copyOf(encoded);
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("static path: " + path + " (expected: a path starting with '/')");
        }
    }

    /** One that is only served as it is. */
    public StaticFile(String path, Digest blob, long size, String contentType) {
        this(path, blob, size, contentType, List.of());
    }

    /** The same with other compressed forms. */
    public StaticFile with(List<Encoded> others) {
        return new StaticFile(path, blob, size, contentType, others);
    }

    /**
     * A compressed form of it.
     *
     * @param size bytes
     */
    public record Encoded(ContentCoding coding, Digest blob, long size) {}
}
