package dev.mayfly.gateway;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Says, in place of a client that is no proxy, what the PROXY protocol has for it: the command LOCAL, whose connection is from whom it comes (version 2,
 * section 2.2). On one connection, until its first byte.
 */
final class LocalHeader extends ChannelInboundHandlerAdapter {
    private static final byte[] LOCAL = {
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x20, 0x00, 0x00, 0x00
    };

    @Override
    public void channelActive(ChannelHandlerContext connection) {
        connection.fireChannelActive();
        connection.fireChannelRead(Unpooled.copiedBuffer(LOCAL));
        connection.fireChannelReadComplete();
        connection.pipeline().remove(this);
    }
}
