package dev.mayfly.gateway;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.ProjectName;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** Calls a function with the body of a management request and answers that request with what comes back. */
@FunctionalInterface
public interface FunctionCaller {
    /**
     * Only on the event loop of {@code request}, before anything of its body was read.
     *
     * @param deployment empty: production
     * @param function empty: whatever the path leads to
     * @param uri path and query; empty: the function's own path
     */
    void call(
            HttpServerRequest request,
            ProjectName project,
            Optional<DeploymentId> deployment,
            Optional<FunctionName> function,
            HttpMethod method,
            String uri);
}
