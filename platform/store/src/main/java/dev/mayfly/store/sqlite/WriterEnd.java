package dev.mayfly.store.sqlite;

/** Waiting for the end of a writer thread. What it still holds must be written, so an interrupt does not cut it short; it is kept for later. */
final class WriterEnd {
    private WriterEnd() {}

    static void await(Thread writer) {
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
