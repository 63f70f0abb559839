package dev.mayfly.gateway;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import org.jspecify.annotations.Nullable;

/**
 * Reads what follows the last chunk of a request of HTTP/1.1, which Vert.x drops, on its way there. It becomes part of how the request was decoded, so
 * it is found with it, whenever its turn comes, and is gone with it. On every connection: what was sent ahead has come past here long before its turn.
 */
final class ChunkTrailers extends ChannelInboundHandlerAdapter {
    private final Runnable deaf;
    /** Of a request whose body is still to end. */
    private @Nullable HttpRequest head;

    private ChunkTrailers(Runnable deaf) {
        this.deaf = deaf;
    }

    /** How a request was decoded that has trailers. */
    static final class Trailed extends DecoderResult {
        private final HttpHeaders trailers;

        private Trailed(HttpHeaders trailers) {
            super(SIGNAL_SUCCESS);
            this.trailers = trailers;
        }

        HttpHeaders trailers() {
            return trailers;
        }
    }

    /**
     * From the first request of {@code connection} on, if it speaks HTTP/1.1.
     *
     * @param deaf called when nothing more on it will be understood; it is closed when the request that was the last is answered
     */
    static void read(HttpConnection connection, Runnable deaf) {
        if (connection.protocolVersion() != HttpVersion.HTTP_2) {
            var vertx = ((HttpServerConnection) connection).channelHandlerContext();
            vertx.pipeline().addBefore(vertx.name(), null, new ChunkTrailers(deaf));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext connection, Object message) {
        if (message instanceof HttpRequest request) {
            head = request;
        } else if (message instanceof LastHttpContent last && head != null) {
            var request = head;
            head = null;
            ended(connection, last, request);
            return;
        }
        connection.fireChannelRead(message);
    }

    /** What ends a chunked body has no bytes, so what Vert.x is given in its place says all. */
    private void ended(ChannelHandlerContext connection, LastHttpContent last, HttpRequest request) {
        var result = last.decoderResult();
        if (result.isFailure()
                ? !isOfTrailers(result.cause())
                : last.trailingHeaders().isEmpty()) {
            connection.fireChannelRead(last);
            return;
        }
        // Vert.x closes the connection of a request that was not decoded once that is answered.
        request.setDecoderResult(result.isFailure() ? result : new Trailed(last.trailingHeaders()));
        last.release();
        connection.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        if (result.isFailure()) {
            deaf.run();
        }
    }

    /** Whether the body itself was whole; what Netty finds wrong with a chunk it says otherwise. */
    private static boolean isOfTrailers(Throwable cause) {
        return cause instanceof TooLongHttpHeaderException || cause.getClass() == IllegalArgumentException.class;
    }
}
