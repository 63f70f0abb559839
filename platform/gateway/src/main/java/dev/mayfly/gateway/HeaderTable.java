package dev.mayfly.gateway;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;

/**
 * What this side of a connection of HTTP/2 remembers of the heads that it has sent (RFC 7541, section 4.2). The other side says how much that may be,
 * and Netty does as it is told, up to 4 GiB of headers which are never the same.
 */
final class HeaderTable {
    /** What it is where the other side says nothing. */
    private static final long MOST = 4096;

    private HeaderTable() {}

    /** To be called whenever the other side has said what it allows; nothing where the connection speaks another protocol. */
    static void bound(Channel channel) {
        var http2 = channel.pipeline().get(Http2ConnectionHandler.class);
        if (http2 == null) {
            return;
        }
        var table = http2.encoder().configuration().headersConfiguration();
        if (table.maxHeaderTableSize() <= MOST) {
            return;
        }
        try {
            table.maxHeaderTableSize(MOST);
        } catch (Http2Exception e) {
            throw new IllegalStateException(e); // only of sizes that no table may have
        }
    }
}
