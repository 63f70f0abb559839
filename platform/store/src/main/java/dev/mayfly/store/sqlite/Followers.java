package dev.mayfly.store.sqlite;

import dev.mayfly.store.Snapshot;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who want the newest snapshot, called one after the other on a thread of their own. Whoever is slow hears of the last of several only: of what was
 * between there is nothing left to do.
 */
final class Followers implements AutoCloseable {
    private final Logger log = LoggerFactory.getLogger(Followers.class);
    private final List<Consumer<Snapshot>> listeners = new CopyOnWriteArrayList<>();
    /** What nobody was told yet. */
    private final AtomicReference<@Nullable Snapshot> newest = new AtomicReference<>();

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("catalog-followers").factory());

    void add(Consumer<Snapshot> listener) {
        listeners.add(listener);
    }

    void tell(Snapshot snapshot) {
        if (newest.getAndSet(snapshot) == null) {
            run(this::tellNewest);
        }
    }

    private void tellNewest() {
        var snapshot = Objects.requireNonNull(newest.getAndSet(null));
        for (var listener : listeners) {
            try {
                listener.accept(snapshot);
            } catch (RuntimeException e) { // the others are still to be told
                log.error("a follower of the catalog failed", e);
            }
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
