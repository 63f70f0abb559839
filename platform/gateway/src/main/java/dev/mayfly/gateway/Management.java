package dev.mayfly.gateway;

import io.vertx.core.http.HttpServerRequest;

/** What answers on the management hosts. */
@FunctionalInterface
public interface Management {
    /**
     * Called on the event loop of the connection; must not block it.
     *
     * @param caller calls functions on behalf of this request, on this event loop
     */
    void handle(HttpServerRequest request, FunctionCaller caller);
}
