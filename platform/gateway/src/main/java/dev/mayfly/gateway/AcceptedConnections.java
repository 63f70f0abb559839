package dev.mayfly.gateway;

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

    private final long firstHeadMillis;

    AcceptedConnections(long firstHeadMillis) {
        this.firstHeadMillis = firstHeadMillis;
    }

    @Override
    public void channelRead(ChannelHandlerContext listener, Object accepted) {
        ((Channel) accepted).pipeline().addLast(new Begin(firstHeadMillis));
        listener.fireChannelRead(accepted);
    }

    /** Vert.x knows what it speaks. */
    static void opened(HttpConnection connection) {
        // The one way that leads from a connection of Vert.x to one of Netty's.
        var channel =
                ((HttpServerConnection) connection).channelHandlerContext().channel();
        var deadline = channel.attr(DEADLINE).getAndSet(null);
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    /** On one connection, until it has an event loop. */
    private static final class Begin extends ChannelInboundHandlerAdapter {
        private final long millis;

        Begin(long millis) {
            this.millis = millis;
        }

        @Override
        public void channelRegistered(ChannelHandlerContext connection) {
            var channel = connection.channel();
            var deadline = channel.eventLoop()
                    .schedule(
                            () -> {
                                var _ = channel.close();
                            },
                            millis,
                            TimeUnit.MILLISECONDS);
            channel.attr(DEADLINE).set(deadline);
            channel.closeFuture().addListener(closed -> deadline.cancel(false));
            connection.fireChannelRegistered();
            connection.pipeline().remove(this);
        }
    }
}
