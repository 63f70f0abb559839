package dev.mayfly.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.vertx.core.http.impl.tcp.Http1xOrH2CHandler;

/**
 * Lets a request that asks for HTTP/2 by upgrade have it only with exactly one Host: Vert.x makes the {@code :authority} of the first and forgets the
 * others. A request with none or several is one of HTTP/1.1 that asks for nothing (RFC 9110, section 7.8), and is refused as that.
 *
 * <p>It must stand between the decoder and what upgrades, and these are put into the pipeline only when the first bytes have told HTTP/1.1 from
 * HTTP/2. So it waits behind what tells them apart, and goes to its place with the first bytes that come from there.
 */
final class HostOfUpgrade extends ChannelInboundHandlerAdapter {
    /** Vert.x's name for what upgrades. */
    private static final String UPGRADES = "h2c";

    /** On a connection that was just registered. */
    static void guard(Channel channel) {
        var pipeline = channel.pipeline();
        var tellsApart = pipeline.context(Http1xOrH2CHandler.class);
        if (tellsApart == null) {
            pipeline.addLast(new HostOfUpgrade()); // a header of the PROXY protocol comes first, or TLS
        } else {
            pipeline.addAfter(tellsApart.name(), null, new HostOfUpgrade());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext connection, Object bytes) {
        var pipeline = connection.pipeline();
        var tellsApart = pipeline.context(Http1xOrH2CHandler.class);
        if (tellsApart != null) {
            pipeline.addAfter(tellsApart.name(), null, new HostOfUpgrade());
        } else if (pipeline.context(UPGRADES) != null) {
            pipeline.addBefore(UPGRADES, null, new OneHost());
        }
        pipeline.remove(this);
        connection.fireChannelRead(bytes);
    }

    /** Until the first request, after which there is no upgrade any more. */
    private static final class OneHost extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext connection, Object message) {
            if (message instanceof HttpRequest request) {
                if (request.headers().getAll(HttpHeaderNames.HOST).size() != 1) {
                    request.headers().remove(HttpHeaderNames.UPGRADE);
                }
                connection.pipeline().remove(this);
            }
            connection.fireChannelRead(message);
        }
    }
}
