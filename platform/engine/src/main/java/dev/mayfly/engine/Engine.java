package dev.mayfly.engine;

import java.util.List;
import java.util.function.Consumer;

/** Finds or makes a place for each invocation, bounds it, and books what it cost. */
public interface Engine extends AutoCloseable {
    /**
     * Asks for a slot. Never blocks; safe on an event loop. {@code answer} is called exactly once, at once or later, on any thread.
     */
    void admit(InvocationRequest request, Consumer<Admission> answer);

    /** Every live instance and why it exists, for {@code mayfly ps}. */
    List<InstanceView> instances();

    /** Ends the instances of functions that no longer exist in the catalog: called with each new snapshot. */
    void follow(dev.mayfly.store.Snapshot snapshot);

    /** Drains for at most a few seconds, then ends everything and flushes the books. */
    @Override
    void close();
}
