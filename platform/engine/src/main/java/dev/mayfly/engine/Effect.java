package dev.mayfly.engine;

import dev.mayfly.model.Problem;
import dev.mayfly.provider.ProvidedInstance;
import java.util.function.Consumer;

/** What a pool wants done once its lock is free. */
sealed interface Effect {
    record Answer(Consumer<Admission> to, Admission admission) implements Effect {}

    record Coming(Consumer<String> to, String address) implements Effect {}

    record Abort(Consumer<Problem> listener, Problem problem) implements Effect {}

    record Start(Pool pool, Instance instance) implements Effect {}

    /** Instances of others that are idle are in the way of one for this pool. */
    record MakeRoom(Pool pool) implements Effect {}

    record Drain(ProvidedInstance provided) implements Effect {}

    record Kill(ProvidedInstance provided) implements Effect {}
}
