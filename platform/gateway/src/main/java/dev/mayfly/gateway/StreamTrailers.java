package dev.mayfly.gateway;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import org.jspecify.annotations.Nullable;

/**
 * Reads the trailers of requests on one connection of HTTP/2, which Vert.x drops, before they come there. Each is kept with its stream and ends with it
 * (RFC 9113, section 8.1).
 */
final class StreamTrailers extends Http2FrameListenerDecorator {
    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;

    private StreamTrailers(Http2Connection connection, Http2FrameListener vertx) {
        super(vertx);
        this.connection = connection;
        this.key = connection.newKey();
    }

    /** From now on; called when a request has come whose body is still to end. */
    static @Nullable StreamTrailers read(HttpConnection of) {
        var pipeline = ((HttpServerConnection) of).channelHandlerContext().pipeline();
        var http2 = pipeline.get(Http2ConnectionHandler.class);
        if (http2 == null) {
            return null;
        }
        var listener = http2.decoder().frameListener();
        if (listener instanceof StreamTrailers reading) {
            return reading;
        }
        var reading = new StreamTrailers(http2.connection(), listener);
        http2.decoder().frameListener(reading);
        return reading;
    }

    /** Those of the request on {@code stream}, once; null: it has none. */
    @Nullable Http2Headers take(long stream) {
        var open = connection.stream((int) stream);
        return open == null ? null : open.removeProperty(key);
    }

    @Override
    public void onHeadersRead(ChannelHandlerContext channel, int stream, Http2Headers fields, int padding, boolean end)
            throws Http2Exception {
        keep(stream, fields, end);
        super.onHeadersRead(channel, stream, fields, padding, end);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext channel,
            int stream,
            Http2Headers fields,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean end)
            throws Http2Exception {
        keep(stream, fields, end);
        super.onHeadersRead(channel, stream, fields, dependency, weight, exclusive, padding, end);
    }

    /** Of all fields that a stream begins with, or ends with, only the first say a method (RFC 9113, section 8.3.1). */
    private void keep(int id, Http2Headers fields, boolean end) {
        var stream = end && fields.method() == null ? connection.stream(id) : null;
        if (stream != null) {
            stream.setProperty(key, fields);
        }
    }
}
