package dev.mayfly.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.IdentityHashMap;

/**
 * Ends connections that keep a place without using it: a head sent byte by byte, or a kept connection that nothing comes over. A request that is
 * being answered is left alone; the engine bounds it. One for every event loop, so that it needs no lock.
 */
final class ConnectionClock {
    private final IdentityHashMap<HttpConnection, Long> deadlines = new IdentityHashMap<>();
    private final long firstHeadNanos;
    private final long idleNanos;

    ConnectionClock(Vertx vertx, GatewayOptions options) {
        firstHeadNanos = options.firstHeadMillis() * 1_000_000;
        idleNanos = options.idleMillis() * 1_000_000;
        long period = Math.clamp(Math.min(options.firstHeadMillis(), options.idleMillis()) / 4, 10, 1000);
        vertx.setPeriodic(period, tick -> sweep());
    }

    /** @param whenClosed run on this loop */
    void opened(HttpConnection connection, Runnable whenClosed) {
        deadlines.put(connection, System.nanoTime() + firstHeadNanos);
        connection.closeHandler(closed -> {
            deadlines.remove(connection);
            whenClosed.run();
        });
    }

    void began(HttpServerRequest request) {
        var connection = request.connection();
        deadlines.remove(connection);
        request.response().endHandler(end -> {
            if (!request.response().closed()) {
                deadlines.put(connection, System.nanoTime() + idleNanos);
            }
        });
    }

    private void sweep() {
        long now = System.nanoTime();
        var overdue = new ArrayList<HttpConnection>();
        deadlines.forEach((connection, deadline) -> {
            if (now - deadline > 0) {
                overdue.add(connection);
            }
        });
        overdue.forEach(connection -> {
            deadlines.remove(connection);
            connection.close();
        });
    }
}
