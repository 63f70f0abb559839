package dev.mayfly.gateway;

import io.vertx.core.http.HttpConnection;

/**
 * How many frames that carry nothing an instance may have answered. Netty bounds what waits to be sent, not the work that a peer makes which reads
 * its answers; there is no use for more than a few PING and SETTINGS a second. Lives on the event loop of its connection.
 */
final class FrameBudget {
    private static final int PER_SECOND = 1000;

    private final HttpConnection connection;
    private long second;
    private int spent;

    private FrameBudget(HttpConnection connection) {
        this.connection = connection;
    }

    /** Closes {@code connection} when it has more of them than it may. */
    static void watch(HttpConnection connection) {
        var budget = new FrameBudget(connection);
        connection.pingHandler(ping -> budget.spend());
        connection.remoteSettingsHandler(settings -> budget.spend());
    }

    private void spend() {
        long now = System.nanoTime() / 1_000_000_000;
        if (now != second) {
            second = now;
            spent = 0;
        }
        if (++spent == PER_SECOND) {
            connection.close();
        }
    }
}
