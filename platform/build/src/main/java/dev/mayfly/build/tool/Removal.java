package dev.mayfly.build.tool;

import java.io.IOException;

/** The removal of something that an interrupt must not leave behind. */
interface Removal {
    void run() throws IOException, InterruptedException;

    /** Begins it anew when it is interrupted; the interrupt is answered after it. */
    static void untilDone(Removal removal) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    removal.run();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
