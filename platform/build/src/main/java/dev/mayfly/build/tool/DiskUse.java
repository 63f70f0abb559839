package dev.mayfly.build.tool;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.List;

/**
 * How much lies in folders that somebody else writes to at this moment. What cannot be looked into, being nested too deep or closed, could hold
 * anything and counts as too much.
 */
final class DiskUse {
    private static final int DEEPEST = 100;

    /** An entry costs a block and an inode, however small it is. */
    private static final long LEAST = 4096;

    private final long most;
    private long bytes;

    private DiskUse(long most) {
        this.most = most;
    }

    /** Whether these folders hold more than that many bytes together. Links are not followed; a file with holes counts as if it had none. */
    static boolean exceeds(List<Path> folders, long most) throws IOException {
        var use = new DiskUse(most);
        for (var folder : folders) {
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                try (var stream = Files.newDirectoryStream(folder)) {
                    if (!(stream instanceof SecureDirectoryStream<Path> secure)) {
                        throw new IOException(folder + " cannot be read safely on this file system");
                    }
                    use.add(secure, 0);
                } catch (AccessDeniedException e) {
                    return true;
                }
            }
        }
        return use.tooMuch();
    }

    private boolean tooMuch() {
        return bytes > most;
    }

    private void add(SecureDirectoryStream<Path> stream, int depth) throws IOException {
        if (depth > DEEPEST) {
            bytes = Long.MAX_VALUE;
            return;
        }
        try {
            for (var entry : stream) {
                entry(stream, entry.getFileName(), depth);
                if (tooMuch()) {
                    return;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private void entry(SecureDirectoryStream<Path> stream, Path name, int depth) throws IOException {
        try {
            var attributes = stream.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
            // One addition cannot overflow: the sum is at most `most` before it.
            bytes += Math.min(Long.MAX_VALUE - bytes, Math.max(LEAST, attributes.size()));
            if (attributes.isDirectory() && !tooMuch()) {
                try (var below = stream.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    add(below, depth + 1);
                }
            }
        } catch (AccessDeniedException e) {
            bytes = Long.MAX_VALUE;
        } catch (FileSystemException e) {
            return; // gone, or something else since it was listed, such as a link
        }
    }
}
