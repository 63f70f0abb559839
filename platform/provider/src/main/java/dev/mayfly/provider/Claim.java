package dev.mayfly.provider;

import dev.mayfly.model.Problem;

/** What became of asking for an instance. */
public sealed interface Claim {
    /** It serves. */
    record Ready(ProvidedInstance instance) implements Claim {}

    /** It does not, and everything of it is gone. The user's own last words are in the reports already. */
    record Failed(Problem problem) implements Claim {}
}
