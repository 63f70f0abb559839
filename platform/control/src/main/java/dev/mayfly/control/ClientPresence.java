package dev.mayfly.control;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Whether the client is still there, and what to interrupt when it goes. Work that is not under {@link #whilePresent} is never interrupted. */
final class ClientPresence {
    private @Nullable Thread working;
    private boolean gone;

    synchronized void left() {
        gone = true;
        if (working != null) {
            working.interrupt();
        }
    }

    synchronized boolean gone() {
        return gone;
    }

    /** Runs {@code work}, interrupting it when the client leaves. */
    <T extends @Nullable Object> T whilePresent(Callable<T> work) throws Exception {
        synchronized (this) {
            if (gone) {
                throw new InterruptedException("the client left");
            }
            working = Thread.currentThread();
        }
        try {
            return work.call();
        } finally {
            synchronized (this) {
                working = null;
                if (gone) {
                    Thread.interrupted(); // the interrupt was for the work, which is over
                }
            }
        }
    }
}
