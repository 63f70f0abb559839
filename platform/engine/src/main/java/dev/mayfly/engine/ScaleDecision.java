package dev.mayfly.engine;

/** What to do about the instances of a function. */
sealed interface ScaleDecision {
    Reason reason();

    /** No more and no fewer until something happens: a request ends, an instance is ready, one more request comes. */
    record Stay(Reason reason) implements ScaleDecision {}

    /** Not now; ask again after this, whatever happens. */
    record Later(long nanos, Reason reason) implements ScaleDecision {}

    /** @param count > 0 */
    record Start(int count, Reason reason) implements ScaleDecision {}

    /** @param count > 0; of those that have least to do */
    record Drain(int count, Reason reason) implements ScaleDecision {}
}
