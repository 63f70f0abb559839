package dev.mayfly.gateway;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/** Closes a connection whose handshake has shown a proof: nothing is spoken on it (RFC 8737, section 3). Waits in front of TLS until that is there. */
final class ChallengeEnd extends ChannelInboundHandlerAdapter {
    /** As Vert.x names what finds out the name that is asked for, and what speaks TLS at once. */
    private static final String TLS = "ssl";

    @Override
    public void channelRead(ChannelHandlerContext connection, Object message) {
        var pipeline = connection.pipeline();
        var speaking = pipeline.context(SslHandler.class); // in place of the other, once the name is known
        if (pipeline.get(TLS) != null || speaking != null) {
            pipeline.addAfter(speaking == null ? TLS : speaking.name(), null, new AfterHandshake());
            pipeline.remove(this);
        } else if (pipeline.get(HAProxyMessageDecoder.class) == null) {
            pipeline.remove(this); // this one speaks clear text
        }
        connection.fireChannelRead(message);
    }

    private static final class AfterHandshake extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext connection, Object event) {
            if (event instanceof SslHandshakeCompletionEvent) {
                var tls = connection.pipeline().get(SslHandler.class);
                if (tls != null && Challenges.PROTOCOL.equals(tls.applicationProtocol())) {
                    var _ = connection.close();
                    return;
                }
                connection.pipeline().remove(this);
            }
            connection.fireUserEventTriggered(event);
        }
    }
}
