package dev.mayfly.gateway;

import dev.mayfly.engine.Lease;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientRequest;

/**
 * A connection that is made while the instance at its other end still loads. Nothing is sent on it until its instance was given for the request.
 * Lives on the event loop of the client's connection.
 */
final class EarlyConnection {
    private final String address;
    private final Future<HttpClientRequest> request;
    private boolean closed;

    /** @param request connected, its head not yet sent */
    EarlyConnection(String address, Future<HttpClientRequest> request) {
        this.address = address;
        this.request = request.onSuccess(
                connected -> connected.exceptionHandler(failure -> closed = true)); // replaced by whoever uses it
    }

    Future<HttpClientRequest> request() {
        return request;
    }

    /** Whether it leads to the instance that was given, and nobody has closed it meanwhile. */
    boolean fits(Lease lease) {
        return !closed && lease.keepAlive() && lease.address().equals(address);
    }

    /** Nobody will use it. */
    void drop() {
        request.onSuccess(Upstreams::leave);
    }
}
