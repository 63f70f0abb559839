package dev.mayfly.provider.linux;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** While memory is short, and for a while after, nothing is held ready anew: it would be what is given back next. */
final class Thrift {
    private static final long SPAN_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final LongSupplier nanos;
    private volatile long until;

    Thrift(LongSupplier nanos) {
        this.nanos = nanos;
        this.until = nanos.getAsLong();
    }

    /** Memory is short now. */
    void begin() {
        until = nanos.getAsLong() + SPAN_NANOS;
    }

    boolean lasts() {
        return nanos.getAsLong() - until < 0;
    }
}
