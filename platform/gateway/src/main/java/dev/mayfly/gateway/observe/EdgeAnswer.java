package dev.mayfly.gateway.observe;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import org.jspecify.annotations.Nullable;

/**
 * An error that the edge answered by itself, or because the engine said so. Texts are the client's own, cut.
 *
 * @param atMillis when the request's head had come, since 1970
 * @param id that the answer shows
 * @param method null, like host and path: what came was no request
 * @param project null: it was refused before anybody looked whose it is
 * @param function null: it led to none
 */
public record EdgeAnswer(
        long atMillis,
        InvocationId id,
        Problem problem,
        @Nullable String method,
        @Nullable String host,
        @Nullable String path,
        @Nullable ProjectName project,
        @Nullable DeploymentId deployment,
        @Nullable FunctionName function) {}
