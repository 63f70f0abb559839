package dev.mayfly.gateway;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connections for which there is no room. They are told so, in HTTP/1.1, before they have asked, and kept for a moment: whoever is cut off while it still
 * sends never reads why. Only so many are told at a time; the others are closed without a word. One for all event loops.
 */
final class RefusedConnections {
    static final Problem TOO_MANY = new Problem(
            ErrorCode.TOO_MANY_REQUESTS,
            "this client has as many connections open as one client may have",
            "close some, or have the operator set --client-connections");
    static final Problem NO_ROOM = new Problem(
            ErrorCode.UNAVAILABLE,
            "as many connections are open as this server takes",
            "try again later, or have the operator set --max-connections");

    private static final int MOST_TOLD = 256;
    private static final int MILLIS = 500;

    private final AtomicInteger told = new AtomicInteger();

    /** Puts the refusal in the place of {@code handler}, which is the first of a connection that was just registered. */
    void replace(ChannelHandler handler, ChannelHandlerContext connection, Problem why) {
        if (told.incrementAndGet() > MOST_TOLD) {
            told.decrementAndGet();
            var _ = connection.close();
            return;
        }
        connection.channel().closeFuture().addListener(closed -> told.decrementAndGet());
        connection.pipeline().replace(handler, null, new Tell(why));
    }

    private static byte[] answer(Problem why) {
        var body = why.message() + "\n" + why.fix() + "\n\n" + why.code().code() + "\n";
        var status = why.code() == ErrorCode.UNAVAILABLE ? "503 Service Unavailable" : "429 Too Many Requests";
        return ("HTTP/1.1 " + status + "\r\ncontent-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n"
                        + "retry-after: 1\r\nconnection: close\r\ncontent-length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** On one connection: what comes from it leads nowhere. */
    private static final class Tell extends ChannelInboundHandlerAdapter {
        private final Problem why;

        Tell(Problem why) {
            this.why = why;
        }

        @Override
        public void channelActive(ChannelHandlerContext connection) {
            var channel = connection.channel();
            connection.writeAndFlush(Unpooled.wrappedBuffer(answer(why))).addListener(written -> {
                var _ = ((DuplexChannel) channel).shutdownOutput();
            });
            Runnable close = () -> {
                var _ = channel.close();
            };
            var _ = channel.eventLoop().schedule(close, MILLIS, TimeUnit.MILLISECONDS);
            channel.config().setAutoRead(true);
            channel.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext connection, Object message) {
            ReferenceCountUtil.release(message);
        }
    }
}
