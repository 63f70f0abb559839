package dev.mayfly.engine;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;

/** One function of one deployment: what a pool of instances is for. */
record Target(Deployment deployment, Function function) {
    static Target of(InvocationRequest request) {
        return new Target(request.deployment(), request.function());
    }

    Key key() {
        return new Key(deployment.id(), function.name());
    }

    /** What identifies it. */
    record Key(DeploymentId deployment, FunctionName function) {}
}
