package dev.mayfly.engine;

/** What one function did that was called lately. */
final class LiveFunction {
    final Tally tally = new Tally();
    final RecentSeconds seconds = new RecentSeconds();
    final RecentErrors errors = new RecentErrors();
    /** When something happened last, in seconds of the {@link Ticker}. */
    volatile long lastSecond = Long.MIN_VALUE / 2;
    /** It has left: who adds to it even now must have that taken at once. */
    volatile boolean retired;
}
