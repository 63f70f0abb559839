package dev.mayfly.store.sqlite;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks four times a second for what other servers did to the store, and at once when it is told that there is something. */
final class Watch implements AutoCloseable {
    static final long EVERY_MILLIS = 250;

    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

    private final Semaphore told = new Semaphore(0);
    private final Runnable look;
    private final Thread thread;
    private volatile boolean closed;

    Watch(Runnable look) {
        this.look = look;
        this.thread = Thread.ofVirtual().name("catalog-watch").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Never blocks. */
    void tell() {
        told.release();
    }

    private void run() {
        boolean failing = false;
        while (!closed) {
            try {
                if (told.tryAcquire(EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                    told.drainPermits();
                }
                if (!closed) {
                    look.run();
                }
                failing = false;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) { // who looks no longer shows what was, and nobody would know
                if (!failing) {
                    LOG.warn("cannot see what other servers did to the store; trying again", e);
                }
                failing = true;
            }
        }
    }

    /** Returns when it looks no longer. */
    @Override
    public void close() {
        closed = true;
        tell();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
