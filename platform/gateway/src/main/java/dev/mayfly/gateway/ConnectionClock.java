package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.ConnectionEnd;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.IdentityHashMap;

/**
 * Ends connections that keep a place without using it: a head sent byte by byte, or a kept connection that nothing comes over. One on which a
 * request is being answered is left alone; the engine bounds it. One for every event loop, so that it needs no lock.
 */
final class ConnectionClock {
    /** How long one that is to be closed may take to read what it was sent. */
    static final long CUT_MILLIS = 5_000;

    private final IdentityHashMap<HttpConnection, Use> open = new IdentityHashMap<>();
    private final long firstHeadNanos;
    private final long idleNanos;

    private static final class Use {
        private int requests;
        private boolean began;
        private long since;
        private long patience;
        private boolean closing;

        boolean overdue(long now) {
            return requests == 0 && now - since > patience;
        }
    }

    ConnectionClock(Vertx vertx, GatewayOptions options) {
        firstHeadNanos = options.firstHeadMillis() * 1_000_000;
        idleNanos = options.idleMillis() * 1_000_000;
        long period = Math.clamp(Math.min(options.firstHeadMillis(), options.idleMillis()) / 4, 10, 1000);
        vertx.setPeriodic(period, tick -> sweep());
    }

    /** @param whenClosed run on this loop */
    void opened(HttpConnection connection, Runnable whenClosed) {
        var use = new Use();
        use.since = System.nanoTime();
        use.patience = firstHeadNanos;
        open.put(connection, use);
        AcceptedConnections.whenClosed(connection, () -> {
            open.remove(connection);
            whenClosed.run();
        });
    }

    /** Until its answer is sent, or nobody waits for it any more; takes both of the response's handlers for that. */
    void began(HttpServerRequest request, Exchange exchange) {
        var use = open.get(request.connection());
        if (use == null) {
            request.response().endHandler(ended -> exchange.ended()).closeHandler(closed -> exchange.closed());
            return;
        }
        use.requests++;
        use.began = true;
        var over = new boolean[1];
        Runnable end = () -> {
            if (!over[0]) {
                over[0] = true;
                use.requests--;
                use.since = System.nanoTime();
                use.patience = idleNanos;
            }
        };
        request.response()
                .endHandler(ended -> {
                    end.run();
                    exchange.ended();
                })
                .closeHandler(closed -> {
                    end.run();
                    exchange.closed();
                });
    }

    /** Nothing more will be understood of what comes over it. */
    void deaf(HttpConnection connection) {
        var use = open.get(connection);
        if (use != null && use.requests == 0) {
            connection.close(); // else whoever ends the last answer does
        }
    }

    private void sweep() {
        long now = System.nanoTime();
        var overdue = new ArrayList<HttpConnection>();
        var late = new ArrayList<HttpConnection>();
        open.forEach((connection, use) -> {
            if (use.overdue(now)) {
                AcceptedConnections.because(connection, use.began ? ConnectionEnd.IDLE : ConnectionEnd.HEAD_TIMEOUT);
                (use.closing ? late : overdue).add(connection);
                use.closing = true;
                use.since = now;
                use.patience = CUT_MILLIS * 1_000_000;
            }
        });
        overdue.forEach(HttpConnection::close);
        late.forEach(AcceptedConnections::cut);
    }
}
