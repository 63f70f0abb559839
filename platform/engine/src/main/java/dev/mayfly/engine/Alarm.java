package dev.mayfly.engine;

/** The one timer of a pool: set to when something is due next. The pool's, under its lock. */
final class Alarm {
    static final long NEVER = Long.MAX_VALUE;

    private final Timers timers;
    private final Runnable ring;
    private long at = NEVER;
    private Timers.Timer timer = () -> {};

    Alarm(Timers timers, Runnable ring) {
        this.timers = timers;
        this.ring = ring;
    }

    /** Rings no later than {@code next}. An earlier time that turns out to be for nothing is left standing: that is cheaper. */
    void set(long now, long next) {
        if (next < at) {
            timer.cancel();
            at = NEVER; // should this fail, the next event tries again
            timer = timers.schedule(Math.max(0, next - now), ring);
            at = next;
        }
    }

    /** It has rung. */
    void rang() {
        at = NEVER;
    }
}
