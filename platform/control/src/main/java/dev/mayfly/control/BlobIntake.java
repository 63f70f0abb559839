package dev.mayfly.control;

import dev.mayfly.model.Digest;
import dev.mayfly.store.Artifacts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stores the contents of one upload: long ones as they come, short ones several at a time, because each waits for the disk. Never holds more than
 * {@link #AT_ONCE} short ones.
 */
final class BlobIntake implements AutoCloseable {
    private static final int SHORT = 64 * 1024;
    private static final int AT_ONCE = 32;

    private final Artifacts artifacts;
    private final long limit;
    private final ExecutorService workers = Executors.newFixedThreadPool(
            AT_ONCE, Thread.ofPlatform().daemon().name("mayfly-blob").factory());
    private final Semaphore room = new Semaphore(AT_ONCE);
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    BlobIntake(Artifacts artifacts, long limit) {
        this.artifacts = artifacts;
        this.limit = limit;
    }

    /** Takes one content; what went wrong with it is told now, at a later one, or by {@link #finish}. */
    void store(Digest claimed, InputStream content, long size) throws IOException, InterruptedException {
        if (size > SHORT) {
            artifacts.putBlob(claimed, content, limit);
            return;
        }
        var bytes = content.readNBytes((int) size);
        room.acquire();
        workers.execute(() -> {
            try {
                artifacts.putBlob(claimed, new ByteArrayInputStream(bytes), limit);
            } catch (IOException | RuntimeException e) {
                failure.compareAndSet(null, e);
            } finally {
                room.release();
            }
        });
        tell();
    }

    /** Returns when all is stored. */
    void finish() throws IOException, InterruptedException {
        room.acquire(AT_ONCE);
        room.release(AT_ONCE);
        tell();
    }

    private void tell() throws IOException {
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Exception e -> throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        workers.close();
    }
}
