package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.gateway.observe.EdgeCounts;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sees each connection as soon as it is accepted, and counts it. Which HTTP it speaks is known only when its first bytes have come, with HTTP/1.1 its
 * first whole head; until then Vert.x tells of it to nobody, so one that says too little for too long is closed here. After that it is
 * {@link ConnectionClock}'s.
 */
@ChannelHandler.Sharable
final class AcceptedConnections extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<Accepted> ACCEPTED = AttributeKey.valueOf(AcceptedConnections.class, "accepted");

    private static final AttributeKey<ConnectionEnd> WHY = AttributeKey.valueOf(AcceptedConnections.class, "why");

    private final long firstHeadMillis;
    private final ClientRules rules;
    private final boolean proves;
    private final EdgeCounts counts;
    private final ClientConnections connections;
    private final RefusedConnections refused = new RefusedConnections();

    /** @param proves see {@link EdgeSecurity#proves} */
    AcceptedConnections(long firstHeadMillis, ClientRules rules, boolean proves, EdgeCounts counts) {
        this.firstHeadMillis = firstHeadMillis;
        this.rules = rules;
        this.proves = proves;
        this.counts = counts;
        this.connections = new ClientConnections(rules.maxConnections(), rules.clientConnections());
    }

    @Override
    public void channelRead(ChannelHandlerContext listener, Object accepted) {
        ((Channel) accepted).pipeline().addLast(new Begin());
        if (proves) {
            ((Channel) accepted).pipeline().addLast(new ChallengeEnd());
        }
        listener.fireChannelRead(accepted);
    }

    /**
     * Vert.x knows what it speaks, and whose it is.
     *
     * @return whether that client may have it; otherwise it is to be closed
     */
    static boolean opened(HttpConnection connection) {
        var accepted = channel(connection).attr(ACCEPTED).get();
        return accepted == null || accepted.opened(IpAddress.of(connection.remoteAddress()));
    }

    /** What is known of one connection, on its event loop. */
    private final class Accepted {
        private final Future<?> deadline;
        private final @Nullable IpAddress peer;
        private @Nullable IpAddress entered;

        Accepted(Future<?> deadline, @Nullable IpAddress peer) {
            this.deadline = deadline;
            this.peer = peer;
        }

        boolean enter(IpAddress client) {
            if (entered != null || !rules.limits(client)) {
                return true;
            }
            if (!connections.enter(client.client())) {
                return false;
            }
            entered = client;
            return true;
        }

        /** Here the header of the PROXY protocol, if there was one, has said who it is. */
        boolean opened(@Nullable IpAddress from) {
            deadline.cancel(false);
            return peer == null || from == null || enter(from);
        }

        void closed() {
            deadline.cancel(false);
            if (peer != null) {
                connections.close();
            }
            if (entered != null) {
                connections.leave(entered.client());
            }
        }
    }

    /** Why it is about to be closed; what is said first counts. */
    static void because(HttpConnection connection, ConnectionEnd why) {
        channel(connection).attr(WHY).setIfAbsent(why);
    }

    /** Runs {@code task} on its event loop when it is closed, also where it speaks something else by then, of which Vert.x tells elsewhere. */
    static void whenClosed(HttpConnection connection, Runnable task) {
        channel(connection).closeFuture().addListener(closed -> task.run());
    }

    /** Whether what comes over it is HTTP/1.1, still. */
    static boolean speaksHttp1(HttpConnection connection) {
        return channel(connection).pipeline().get(HttpRequestDecoder.class) != null;
    }

    /** See {@link HeaderTable}. */
    static void boundHeaderTable(HttpConnection connection) {
        var channel = channel(connection);
        if (channel.pipeline().get(Http2ConnectionHandler.class) != null) {
            connection.remoteSettingsHandler(settings -> HeaderTable.bound(channel));
        }
    }

    /** Whether anything is read from it. */
    static void read(HttpConnection connection, boolean on) {
        channel(connection).config().setAutoRead(on);
    }

    /** Closes it at once, whatever is still to be sent to a client that may never read it. */
    static void cut(HttpConnection connection) {
        var first = channel(connection).pipeline().firstContext();
        if (first != null) {
            var _ = first.close();
        }
    }

    /** The one way that leads from a connection of Vert.x to one of Netty's. */
    private static Channel channel(HttpConnection connection) {
        return ((HttpServerConnection) connection).channelHandlerContext().channel();
    }

    /** On one connection, until it has an event loop. */
    private final class Begin extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRegistered(ChannelHandlerContext connection) {
            var channel = connection.channel();
            counts.accepted();
            channel.closeFuture().addListener(closed -> {
                var why = channel.attr(WHY).get();
                counts.closed(why == null ? ConnectionEnd.ORDINARY : why);
            });
            var peer =
                    channel.remoteAddress() instanceof InetSocketAddress inet ? IpAddress.of(inet.getAddress()) : null;
            if (peer != null && !connections.open()) {
                channel.attr(WHY).set(ConnectionEnd.REFUSED);
                refused.replace(this, connection, RefusedConnections.NO_ROOM);
                return;
            }
            var deadline = channel.eventLoop()
                    .schedule(
                            () -> {
                                channel.attr(WHY).setIfAbsent(ConnectionEnd.HEAD_TIMEOUT);
                                var _ = channel.close();
                            },
                            firstHeadMillis,
                            TimeUnit.MILLISECONDS);
            var accepted = new Accepted(deadline, peer);
            channel.attr(ACCEPTED).set(accepted);
            channel.closeFuture().addListener(closed -> accepted.closed());
            if (peer != null && !accepted.enter(peer)) {
                channel.attr(WHY).set(ConnectionEnd.REFUSED);
                refused.replace(this, connection, RefusedConnections.TOO_MANY);
                return;
            }
            connection.fireChannelRegistered();
            HostOfUpgrade.guard(channel);
            if (peer != null && rules.proxyProtocol() && !rules.trustedProxies().isEmpty()) {
                beginWithHeader(connection, peer);
            }
            if (!connection.isRemoved()) {
                connection.pipeline().remove(this);
            }
        }

        /** On a listener for proxies, only they are heard, and this machine itself, which is no proxy. */
        private void beginWithHeader(ChannelHandlerContext connection, IpAddress peer) {
            var pipeline = connection.pipeline();
            if (rules.trustedProxies().contains(peer) || pipeline.get(HAProxyMessageDecoder.class) == null) {
                return;
            }
            if (rules.own().contains(peer)) {
                pipeline.replace(this, null, new LocalHeader());
            } else {
                connection.channel().attr(WHY).set(ConnectionEnd.REFUSED);
                var _ = connection.close();
            }
        }
    }
}
