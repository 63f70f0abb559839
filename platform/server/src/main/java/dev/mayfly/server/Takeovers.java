package dev.mayfly.server;

import dev.mayfly.engine.Engine;
import dev.mayfly.store.Snapshot;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for what takes over where aliases are about to lead. A move that comes while another is waited for has waited enough: it is started for, and
 * not waited for again, so that none takes longer than {@code --start-ahead}. Of the thread that follows the catalog.
 */
final class Takeovers {
    private static final Logger LOG = LoggerFactory.getLogger(Takeovers.class);

    private final Engine engine;
    private final Consumer<Snapshot> show;
    private final Supplier<Snapshot> newest;
    /** What had come when the last wait was over. */
    private long waited = -1;

    Takeovers(Engine engine, Consumer<Snapshot> show, Supplier<Snapshot> newest) {
        this.engine = engine;
        this.show = show;
        this.newest = newest;
    }

    /** Returns when {@code next} may be shown. It never fails: what cannot be started ahead is started by the first request. */
    void prepare(Snapshot next) {
        try {
            var handover = engine.handover(next).orElse(null);
            if (handover != null) {
                show.accept(handover.meanwhile());
                handover.start();
                if (next.revision() > waited) {
                    handover.await();
                    waited = newest.get().revision();
                }
            }
        } catch (RuntimeException e) {
            LOG.error("nothing is started ahead of a move of aliases", e);
        }
    }
}
