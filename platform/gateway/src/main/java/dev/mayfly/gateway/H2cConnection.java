package dev.mayfly.gateway;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.vertx.core.http.GoAway;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an instance that speaks HTTP/2: what the instance has said of the whole of it, and how many frames that carry nothing it had
 * answered. Netty bounds what waits to be sent, not the work that a peer makes which reads its answers; there is no use for more than a few PING and
 * SETTINGS a second. Lives on the event loop of the connection.
 */
final class H2cConnection {
    private static final AttributeKey<H2cConnection> WATCHED = AttributeKey.valueOf(H2cConnection.class, "watched");
    private static final int FRAMES_PER_SECOND = 1000;

    private final HttpConnection connection;
    private @Nullable GoAway goAway;
    private boolean flooded;
    private long second;
    private int spent;

    private H2cConnection(HttpConnection connection) {
        this.connection = connection;
    }

    /** From now on {@code connection} is closed when it takes more than it may, of work or of memory. */
    static void watch(HttpConnection connection) {
        var watched = new H2cConnection(connection);
        var channel = channel(connection);
        channel.attr(WATCHED).set(watched);
        HeaderTable.bound(channel);
        connection.goAwayHandler(said -> watched.goAway = said);
        connection.pingHandler(ping -> watched.spend());
        connection.remoteSettingsHandler(settings -> {
            HeaderTable.bound(channel);
            watched.spend();
        });
    }

    /** What is known of a connection that is watched. */
    static H2cConnection of(HttpConnection connection) {
        return channel(connection).attr(WATCHED).get();
    }

    private static Channel channel(HttpConnection connection) {
        return ((HttpClientConnection) connection).channelHandlerContext().channel();
    }

    /** What the instance said when it had enough; null: nothing. Streams fail with what this side said, too. */
    @Nullable GoAway goAway() {
        return goAway;
    }

    /** Whether it was closed for its frames that carry nothing. */
    boolean flooded() {
        return flooded;
    }

    /** Whether the instance has promised that it did nothing with the request on this stream (RFC 9113, section 6.8). */
    boolean neverTook(long stream) {
        return goAway != null && stream > goAway.getLastStreamId();
    }

    private void spend() {
        long now = System.nanoTime() / 1_000_000_000;
        if (now != second) {
            second = now;
            spent = 0;
        }
        if (++spent == FRAMES_PER_SECOND) {
            flooded = true;
            connection.close();
        }
    }
}
