package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;
import dev.mayfly.engine.SplitChoice;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import dev.mayfly.model.Trigger;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * A request as a function is to see it.
 *
 * @param uri path and query
 * @param headers complete but for the invocation's id
 * @param upgrade whether the client wants the connection for WebSocket
 * @param split how its deployment was found; null: all requests go there
 */
record Outgoing(
        Deployment deployment,
        Function function,
        Trigger trigger,
        HttpMethod method,
        String uri,
        MultiMap headers,
        boolean upgrade,
        Caller caller,
        @Nullable SplitChoice split) {}
