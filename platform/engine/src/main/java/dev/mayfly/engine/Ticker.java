package dev.mayfly.engine;

/** The two clocks: one that never goes back, for spans, and the one on the wall, for what is written down. */
public interface Ticker {
    long nanos();

    /** Milliseconds since 1970. */
    long millis();

    static Ticker system() {
        return new Ticker() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public long millis() {
                return System.currentTimeMillis();
            }
        };
    }
}
