package dev.mayfly.build.encoding;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Where native work of seconds belongs: on a virtual thread it would keep a carrier from all others until it is over. */
final class OwnThread {
    private OwnThread() {}

    /** Runs {@code work} and waits for its end, also when interrupted, which is passed on. */
    static <T> T call(String name, Callable<T> work) throws IOException, InterruptedException {
        var task = new FutureTask<T>(work);
        var thread = Thread.ofPlatform().daemon().name(name).start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            thread.join();
            throw e;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case InterruptedException interrupted -> throw interrupted;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }
}
