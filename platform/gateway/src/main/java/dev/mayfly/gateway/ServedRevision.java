package dev.mayfly.gateway;

import java.time.Duration;

/** The revision of the catalog that the edge serves, and waiting for one. */
public final class ServedRevision {
    private long revision = -1;

    synchronized void reached(long newRevision) {
        revision = newRevision;
        notifyAll();
    }

    /** Waits until {@code wanted} or a later one is served; false when that took longer than {@code most}. */
    public synchronized boolean await(long wanted, Duration most) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        while (revision < wanted) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
