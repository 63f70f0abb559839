package dev.mayfly.provider.instance;

import dev.mayfly.model.DataSize;

/** Lets through so many bytes of log per second; drops and counts the rest. Not safe for several threads. */
final class LogGate {
    private static final long WINDOW_NANOS = 1_000_000_000L;

    private final long bytesPerSecond;
    private long windowStart;
    private long passed;
    private long droppedLines;
    private long droppedBytes;
    private boolean toldInWindow;

    LogGate(long bytesPerSecond, long nanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.windowStart = nanos;
    }

    /** Whether a line of {@code bytes} may pass at {@code nanos}. */
    boolean admits(int bytes, long nanos) {
        if (nanos - windowStart >= WINDOW_NANOS) {
            windowStart = nanos;
            passed = 0;
            toldInWindow = false;
        }
        if (passed + bytes > bytesPerSecond) {
            droppedLines++;
            droppedBytes += bytes;
            return false;
        }
        passed += bytes;
        return true;
    }

    /** What was dropped in seconds that are over, in words, once; empty when nothing was. */
    String account(long nanos) {
        return nanos - windowStart >= WINDOW_NANOS ? accountAll() : "";
    }

    /** The same without waiting for the second to end, but once a second: for when a request has ended, and the log may end with it. */
    String accountEarly() {
        if (toldInWindow) {
            return "";
        }
        toldInWindow = droppedLines > 0;
        return accountAll();
    }

    /** What was dropped and not told yet, in words; empty when nothing was. */
    String accountAll() {
        if (droppedLines == 0) {
            return "";
        }
        var text = "%d log lines (%s) dropped: more than %s in a second; logRate is the limit"
                .formatted(droppedLines, new DataSize(droppedBytes), new DataSize(bytesPerSecond));
        droppedLines = 0;
        droppedBytes = 0;
        return text;
    }
}
