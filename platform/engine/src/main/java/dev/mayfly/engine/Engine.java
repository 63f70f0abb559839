package dev.mayfly.engine;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

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

    /** What the functions of a project that were ever called are doing now; not for the request path. */
    default List<FunctionState> functions(ProjectName project) {
        return List.of();
    }

    /** How many requests wait for a slot, of functions that any wait for. */
    default Map<ProjectFunction, Integer> waiting() {
        return Map.of();
    }

    /** What functions do lately, and what all did since the start. */
    Activity activity();

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

    /**
     * Asked before the edge leads where {@code next} says: whether a deployment that is called hands over to another that lacks instances for these
     * requests, or for {@code minInstances}.
     */
    default Optional<Handover> handover(Snapshot next) {
        return Optional.empty();
    }

    /**
     * Called with each new snapshot, once the edge leads where it says: ends the instances of functions that no longer exist, and keeps
     * {@code minInstances} of those that an alias leads to.
     */
    void follow(Snapshot snapshot);

    /** Deployments that have instances, or requests that wait for one. */
    default Set<DeploymentId> inUse() {
        return instances().stream().map(InstanceView::deployment).collect(Collectors.toSet());
    }

    /**
     * Takes nothing more, from now on. What runs may finish for {@link EngineSettings#drainTimeout}; what does not is ended, and whoever waits for
     * it is told why. Returns at once.
     */
    void drain();

    /** Drains, then ends everything and flushes the books. */
    @Override
    void close();
}
