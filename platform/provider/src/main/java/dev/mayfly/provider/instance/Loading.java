package dev.mayfly.provider.instance;

import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ProvidedInstance.Import;
import java.util.List;

/** What loading the user's code came to. */
public sealed interface Loading {
    /**
     * It serves.
     *
     * @param imports what its worker says that it imported
     */
    record Ready(ServingMode mode, List<Import> imports) implements Loading {}

    /**
     * It never will.
     *
     * @param killed whether its process was ended before it could say why: by a signal, or with what it ran in
     */
    record Failed(Problem problem, boolean killed) implements Loading {
        Failed(Problem problem) {
            this(problem, false);
        }
    }
}
