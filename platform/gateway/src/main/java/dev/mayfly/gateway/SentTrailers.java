package dev.mayfly.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpClientConnection;
import java.util.Locale;

/** Ends a request to an instance with trailers, which Vert.x has no word for. */
final class SentTrailers {
    private SentTrailers() {}

    /**
     * @param request in HTTP/1.1 one whose body goes in chunks
     * @param sent all of it but this
     */
    static void end(HttpClientRequest request, MultiMap trailers, Future<Void> sent) {
        if (request.version() == HttpVersion.HTTP_2) {
            sent.onComplete(done -> endStream(request, trailers));
        } else {
            var vertx = context(request);
            vertx.pipeline().addBefore(vertx.name(), null, new LastChunk(trailers));
            request.end();
        }
    }

    private static ChannelHandlerContext context(HttpClientRequest request) {
        return ((HttpClientConnection) request.connection()).channelHandlerContext();
    }

    /** Vert.x ends the stream too, for its own books; Netty knows by then that it has ended, and sends nothing more. */
    private static void endStream(HttpClientRequest request, MultiMap trailers) {
        var channel = context(request).channel();
        writeHeaders(channel, (int) request.streamId(), trailers);
        request.end();
        channel.flush();
    }

    private static void writeHeaders(Channel channel, int id, MultiMap trailers) {
        var context = channel.pipeline().context(Http2ConnectionHandler.class);
        if (context == null) {
            return;
        }
        var http2 = (Http2ConnectionHandler) context.handler();
        var stream = http2.connection().stream(id);
        if (stream == null || !stream.state().localSideOpen()) {
            return; // it was reset
        }
        var fields = new DefaultHttp2Headers();
        trailers.forEach((name, value) -> fields.add(name.toLowerCase(Locale.ROOT), value));
        var _ = http2.encoder().writeHeaders(context, id, fields, 0, true, context.newPromise());
    }

    /** Waits for the end of one request and leaves with it. */
    private static final class LastChunk extends ChannelOutboundHandlerAdapter {
        private final MultiMap trailers;

        LastChunk(MultiMap trailers) {
            this.trailers = trailers;
        }

        @Override
        public void write(ChannelHandlerContext connection, Object message, ChannelPromise promise) {
            if (message instanceof LastHttpContent last) {
                connection.pipeline().remove(this);
                var trailed = new DefaultLastHttpContent(last.content());
                trailers.forEach((name, value) -> trailed.trailingHeaders().add(name, value));
                var _ = connection.write(trailed, promise);
            } else {
                var _ = connection.write(message, promise);
            }
        }
    }
}
