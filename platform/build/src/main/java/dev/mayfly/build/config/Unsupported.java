package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;
import java.util.List;
import java.util.function.Consumer;

/** Meets what is understood but not honoured yet: the deploy fails by its name, unless its author said to go without. */
public record Unsupported(boolean ignored, Consumer<String> warnings) {
    /** @throws dev.mayfly.model.ProblemException not_supported, unless that is ignored */
    public void met(String what) {
        met(List.of(what));
    }

    /**
     * All that a file holds of it, so that its author is told once.
     *
     * @throws dev.mayfly.model.ProblemException not_supported, unless there is none or that is ignored
     */
    void met(List<String> all) {
        if (!ignored && !all.isEmpty()) {
            throw BuildFailure.unsupported(all);
        }
        all.forEach(what -> warnings.accept(what + " is not supported yet and was ignored"));
    }
}
