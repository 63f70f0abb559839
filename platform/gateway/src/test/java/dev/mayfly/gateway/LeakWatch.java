package dev.mayfly.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Netty's own watch over buffers, at its most suspicious: each one that is let go of without being released is found once garbage is collected. */
final class LeakWatch implements AutoCloseable {
    private static final int ROUNDS = 5;

    private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    private final Logger logger = Logger.getLogger(ResourceLeakDetector.class.getName());
    private final List<String> found = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            found.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    LeakWatch() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    /** What was leaked until now. */
    List<String> leaks() throws InterruptedException {
        for (int i = 0; i < ROUNDS; i++) {
            System.gc();
            Thread.sleep(50); // references are enqueued by another thread
            ByteBufAllocator.DEFAULT.directBuffer(16).release(); // looks for those that were
            ByteBufAllocator.DEFAULT.heapBuffer(16).release();
        }
        return List.copyOf(found);
    }

    /** Leaks one, to see whether it is found. */
    @SuppressWarnings("unused")
    static void leak() {
        ByteBuf lost = ByteBufAllocator.DEFAULT.directBuffer(16);
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
        ResourceLeakDetector.setLevel(before);
    }
}
