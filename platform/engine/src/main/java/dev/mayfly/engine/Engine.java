package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProjectName;
import java.util.List;
import java.util.function.Consumer;

/** Finds or makes a place for each invocation, bounds it, and books what it cost. */
public interface Engine extends AutoCloseable {
    /**
     * Asks for a slot. Never blocks; safe on an event loop. {@code answer} is called exactly once, at once or later, on any thread, unless
     * the place is given up before.
     *
     * @param coming told, any number of times before the answer, the address of an instance that is being started for this request and takes
     *     connections that may be kept. Nothing may be sent on one before a lease with that address is held
     * @return to be given up when the client leaves before anything was sent
     */
    Place admit(InvocationRequest request, Consumer<Admission> answer, Consumer<String> coming);

    /** The same for whoever can make no use of the time that an instance takes to start. */
    default Place admit(InvocationRequest request, Consumer<Admission> answer) {
        return admit(request, answer, address -> {});
    }

    /** Every live instance and why it exists, for {@code mayfly ps}. */
    List<InstanceView> instances();

    /**
     * What was decided lately for the functions of a project and why, oldest first, for {@code mayfly explain}. A bounded number of each function
     * is kept, in memory only; not for the request path.
     */
    default List<Decision> decisions(ProjectName project) {
        return List.of();
    }

    /** The same for one request, as far as it is still known. */
    default List<Decision> decisions(InvocationId request) {
        return List.of();
    }

    /** Ends the instances of functions that no longer exist in the catalog: called with each new snapshot. */
    void follow(dev.mayfly.store.Snapshot snapshot);

    /**
     * Takes nothing more, from now on. What runs may finish for {@link EngineSettings#drainTimeout}; what does not is ended, and whoever waits for
     * it is told why. Returns at once.
     */
    void drain();

    /** Drains, then ends everything and flushes the books. */
    @Override
    void close();
}
