package dev.mayfly.engine;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Knows whether anything that it was given is still to be done. */
final class CountedWork implements Executor {
    private final Executor executor;
    private final AtomicInteger open = new AtomicInteger();

    CountedWork(Executor executor) {
        this.executor = executor;
    }

    @Override
    public void execute(Runnable task) {
        open.incrementAndGet();
        executor.execute(() -> {
            try {
                task.run();
            } finally {
                open.decrementAndGet();
            }
        });
    }

    boolean idle() {
        return open.get() == 0;
    }
}
