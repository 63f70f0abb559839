package dev.mayfly.engine;

import dev.mayfly.model.ColdStart;
import dev.mayfly.provider.ProvidedInstance;
import java.util.ArrayList;

/** Says of an instance how it was started, from what its provider keeps. Not for the request path: it copies. */
final class Attribution {
    private static final int MOST_STEPS = 40;
    private static final int LONGEST_WHY = 300;

    private Attribution() {}

    /** @param wholeMicros from the decision to start it until it was ready; what its steps leave of that open is a step {@code other} */
    static ColdStart of(ProvidedInstance provided, long wholeMicros) {
        var steps = new ArrayList<ColdStart.Step>();
        long known = 0;
        for (var step : provided.steps()) {
            if (steps.size() < MOST_STEPS) {
                steps.add(new ColdStart.Step(step.name(), step.micros()));
                known += step.micros();
            }
        }
        if (wholeMicros > known) {
            steps.add(new ColdStart.Step("other", wholeMicros - known));
        }
        var imports = provided.imports().stream()
                .map(each -> new ColdStart.Import(each.module(), each.micros()))
                .toList();
        var why = provided.why();
        return new ColdStart(provided.rung(), why.substring(0, Math.min(why.length(), LONGEST_WHY)), steps, imports);
    }
}
