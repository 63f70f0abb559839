package dev.mayfly.engine;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.ProjectName;

/** A function of a project, in whichever of its deployments. */
public record ProjectFunction(ProjectName project, FunctionName function) {
    static ProjectFunction of(Target target) {
        return new ProjectFunction(
                target.deployment().project(), target.function().name());
    }
}
