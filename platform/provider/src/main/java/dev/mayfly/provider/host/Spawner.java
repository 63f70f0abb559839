package dev.mayfly.provider.host;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * The one thread that starts processes. They are to be killed when the server dies, and Linux takes the death of the thread that started
 * them for that (prctl(2), PR_SET_PDEATHSIG); so it must be one that lives as long as the server.
 */
public final class Spawner implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("mayfly-spawner").factory());

    public Process start(ProcessBuilder builder) throws IOException, InterruptedException {
        Future<Process> starting;
        try {
            starting = thread.submit(builder::start);
        } catch (RejectedExecutionException e) {
            throw new IOException("the server is closing", e);
        }
        try {
            return starting.get();
        } catch (ExecutionException e) {
            throw new IOException(
                    e.getCause() == null ? e.getMessage() : e.getCause().getMessage(), e);
        } catch (InterruptedException e) {
            // It may have been started by now; whatever comes of it must not be left.
            Thread.ofVirtual().start(() -> endLate(starting));
            throw e;
        }
    }

    private static void endLate(Future<Process> starting) {
        try {
            starting.get().destroyForcibly();
        } catch (ExecutionException | InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Only when every process it started has ended. */
    @Override
    public void close() {
        thread.shutdown();
    }
}
