package dev.mayfly.store.sqlite;

import dev.mayfly.store.Snapshot;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Those who want each new snapshot, called one after the other on a thread of their own. */
final class Followers implements AutoCloseable {
    private final Logger log = LoggerFactory.getLogger(Followers.class);
    private final List<Consumer<Snapshot>> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("catalog-followers").factory());

    void add(Consumer<Snapshot> listener) {
        listeners.add(listener);
    }

    void tell(Snapshot snapshot) {
        for (var listener : listeners) {
            run(() -> listener.accept(snapshot));
        }
    }

    /** Something else that is due after a change, in its turn. */
    void run(Runnable task) {
        thread.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                log.error("a follower of the catalog failed", e);
            }
        });
    }

    @Override
    public void close() {
        thread.close();
    }
}
