package dev.mayfly.model;

import org.jspecify.annotations.Nullable;

/**
 * One file of an upload.
 *
 * @param path relative, with {@code /}; never absolute, never through {@code ..}
 * @param blob content; null for a link
 * @param size bytes
 * @param executable whether the owner may execute it
 * @param link target of a symbolic link, relative to the link's folder and inside the tree; null for a file
 */
public record SourceFile(
        String path,
        @Nullable Digest blob,
        long size,
        boolean executable,
        @Nullable String link) {
    public SourceFile {
        if ((blob == null) == (link == null)) {
            throw new IllegalArgumentException("file " + path + ": (expected: either a digest or a link target)");
        }
        if (size < 0) {
            throw new IllegalArgumentException("size of " + path + ": " + size + " (expected: >= 0)");
        }
    }
}
