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

    /** Somebody waits for memory, or some may have become free for who does. */
    record MakeRoom() implements Effect {}

    /** Nothing is left of it, and its memory is waited for. */
    record Gone(Instance instance) implements Effect {}

    /** This pool, which waited for a permit, was granted one. */
    record Permitted(Pool pool) implements Effect {}

    record Drain(ProvidedInstance provided) implements Effect {}

    record Kill(ProvidedInstance provided) implements Effect {}
}
