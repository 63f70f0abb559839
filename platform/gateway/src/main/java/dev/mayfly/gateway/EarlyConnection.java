package dev.mayfly.gateway;

import dev.mayfly.engine.Lease;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientRequest;

/**
 * A connection that is made while the instance at its other end still loads. Nothing is sent on it until its instance was given for the request.
 *
 * @param request connected, its head not yet sent
 */
record EarlyConnection(String address, Future<HttpClientRequest> request) {
    EarlyConnection {
        // That it was closed meanwhile is said to whoever asks for the answer, if anybody does.
        request.onSuccess(connected -> connected.exceptionHandler(closed -> {}));
    }

    /** Whether it leads to the instance that was given. */
    boolean fits(Lease lease) {
        return lease.keepAlive() && lease.address().equals(address);
    }

    /** Nobody will use it. */
    void drop() {
        request.onSuccess(connected -> connected.connection().close());
    }
}
