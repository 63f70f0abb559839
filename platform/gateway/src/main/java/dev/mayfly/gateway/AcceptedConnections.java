package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.gateway.observe.EdgeCounts;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.concurrent.TimeUnit;

/**
 * Sees each connection as soon as it is accepted. Which HTTP it speaks is known only when its first bytes have come, with HTTP/1.1 its first whole
 * head; until then Vert.x tells of it to nobody, so one that says too little for too long is closed here. After that it is {@link ConnectionClock}'s.
 */
@ChannelHandler.Sharable
final class AcceptedConnections extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<Future<?>> DEADLINE = AttributeKey.valueOf(AcceptedConnections.class, "deadline");

    private static final AttributeKey<ConnectionEnd> WHY = AttributeKey.valueOf(AcceptedConnections.class, "why");

    private final long firstHeadMillis;
    private final EdgeCounts counts;

    AcceptedConnections(long firstHeadMillis, EdgeCounts counts) {
        this.firstHeadMillis = firstHeadMillis;
        this.counts = counts;
    }

    @Override
    public void channelRead(ChannelHandlerContext listener, Object accepted) {
        ((Channel) accepted).pipeline().addLast(new Begin(firstHeadMillis, counts));
        listener.fireChannelRead(accepted);
    }

    /** Vert.x knows what it speaks. */
    static void opened(HttpConnection connection) {
        var deadline = channel(connection).attr(DEADLINE).getAndSet(null);
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    /** Why it is about to be closed; what is said first counts. */
    static void because(HttpConnection connection, ConnectionEnd why) {
        channel(connection).attr(WHY).setIfAbsent(why);
    }

    /** The one way that leads from a connection of Vert.x to one of Netty's. */
    private static Channel channel(HttpConnection connection) {
        return ((HttpServerConnection) connection).channelHandlerContext().channel();
    }

    /** On one connection, until it has an event loop. */
    private static final class Begin extends ChannelInboundHandlerAdapter {
        private final long millis;
        private final EdgeCounts counts;

        Begin(long millis, EdgeCounts counts) {
            this.millis = millis;
            this.counts = counts;
        }

        @Override
        public void channelRegistered(ChannelHandlerContext connection) {
            var channel = connection.channel();
            var deadline = channel.eventLoop()
                    .schedule(
                            () -> {
                                channel.attr(WHY).setIfAbsent(ConnectionEnd.HEAD_TIMEOUT);
                                var _ = channel.close();
                            },
                            millis,
                            TimeUnit.MILLISECONDS);
            channel.attr(DEADLINE).set(deadline);
            counts.accepted();
            channel.closeFuture().addListener(closed -> {
                deadline.cancel(false);
                var why = channel.attr(WHY).get();
                counts.closed(why == null ? ConnectionEnd.ORDINARY : why);
            });
            connection.fireChannelRegistered();
            connection.pipeline().remove(this);
        }
    }
}
