package dev.mayfly.gateway.observe;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.ProjectName;
import org.jspecify.annotations.Nullable;

/**
 * A request that the edge is done with. Texts are the client's own, cut to a length that many of them may wait in.
 *
 * @param atMillis when its head had come, since 1970
 * @param method null, like host and path: what came was no request
 * @param path without its query, which may hold secrets
 * @param status 0: the client left before any was sent
 * @param bytesIn of the body, or of all that a WebSocket client said
 * @param bytesOut the same the other way
 * @param id of the invocation, or of the answer where there was none
 * @param referer without its query
 * @param trace that a valid {@code traceparent} names, or that began with the call of a function
 * @param error what the edge answered by itself
 */
public record Served(
        long atMillis,
        String client,
        @Nullable String method,
        @Nullable String host,
        @Nullable String path,
        Protocol protocol,
        int status,
        long bytesIn,
        long bytesOut,
        long nanos,
        Kind kind,
        @Nullable ProjectName project,
        @Nullable DeploymentId deployment,
        @Nullable FunctionName function,
        @Nullable String id,
        @Nullable String agent,
        @Nullable String referer,
        @Nullable Trace trace,
        @Nullable ErrorCode error,
        Ending ending) {}
