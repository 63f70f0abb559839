package dev.mayfly.provider.instance;

import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;

/** What loading the user's code came to. */
public sealed interface Loading {
    /** It serves. */
    record Ready(ServingMode mode) implements Loading {}

    /** It never will. */
    record Failed(Problem problem) implements Loading {}
}
