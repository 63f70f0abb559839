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

    /** It never will. */
    record Failed(Problem problem) implements Loading {}
}
