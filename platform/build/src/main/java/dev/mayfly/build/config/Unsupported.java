package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;
import java.util.function.Consumer;

/** Meets what is understood but not honoured yet: the deploy fails by its name, unless its author said to go without. */
public record Unsupported(boolean ignored, Consumer<String> warnings) {
    /** @throws dev.mayfly.model.ProblemException not_supported, unless that is ignored */
    public void met(String what) {
        if (!ignored) {
            throw BuildFailure.unsupported(what);
        }
        warnings.accept(what + " is not supported yet and was ignored");
    }
}
