package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import java.util.function.Consumer;

/** A slot held by one invocation. Every method is non-blocking and safe on an event loop. */
public interface Lease extends Place {
    /** Of one request. Instances that cannot be reached may go together: a launcher that ends takes all of them with it. */
    int MOST_ATTEMPTS = 5;

    InvocationId id();

    /** Unix socket path of the instance. */
    String address();

    /** Whether connections to it may be kept and shared; false: one request per connection. */
    boolean keepAlive();

    boolean cold();

    /** Server-side milliseconds waited for the slot, for the log line and the receipt. */
    long waitedMicros();

    /**
     * Called at most once, on any thread, when the engine ends the invocation before the gateway did: deadline passed, instance died. The
     * gateway answers with the problem, or resets the connection if the head was sent, and still calls {@link #finished}.
     */
    void onAbort(Consumer<Problem> listener);

    /** The response is complete, or will never be. Call once. */
    void finished(Outcome outcome, int status, long bytesIn, long bytesOut);

    /** Whether the worker has said that it is done with the request. What it logged of it before has been heard then. */
    boolean hasEnded();

    /**
     * Nothing of the request reached user code: connecting failed, or the worker died before it said it started. Gives the slot back
     * without a record. True when the gateway may ask {@link Engine#admit} once more.
     */
    boolean notStarted();
}
