package dev.mayfly.gateway;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.function.Consumer;

/**
 * Two connections that are one from here on, with no more held between them than either side has room for. When one side ends, so does the other,
 * once it has got what was said. Lives on the event loop of both.
 */
final class Tunnel {
    private final NetSocket outside;
    private final NetSocket inside;
    private final Consumer<Tunnel> ended;
    private long bytesIn;
    private long bytesOut;
    private int open = 2;

    /** @param ended called once, when both are closed */
    Tunnel(NetSocket outside, NetSocket inside, Consumer<Tunnel> ended) {
        this.outside = outside;
        this.inside = inside;
        this.ended = ended;
        outside.handler(bytes -> {
            bytesIn += bytes.length();
            pass(outside, inside, bytes);
        });
        inside.handler(bytes -> {
            bytesOut += bytes.length();
            pass(inside, outside, bytes);
        });
        follow(outside, inside);
        follow(inside, outside);
        outside.resume();
        inside.resume();
    }

    private static void pass(NetSocket from, NetSocket to, Buffer bytes) {
        to.write(bytes);
        if (to.writeQueueFull()) {
            from.pause();
            to.drainHandler(drained -> from.resume());
        }
    }

    /** The other is ended once it has got all that was said, closed at once where that breaks. */
    private void follow(NetSocket one, NetSocket other) {
        one.endHandler(end -> other.end());
        one.exceptionHandler(broken -> other.close());
        one.closeHandler(closed -> {
            if (--open == 0) {
                ended.accept(this);
            }
        });
    }

    void close() {
        outside.close();
        inside.close();
    }

    /** Whether either side is there still. */
    boolean isOpen() {
        return open > 0;
    }

    /** From the client. */
    long bytesIn() {
        return bytesIn;
    }

    /** To the client. */
    long bytesOut() {
        return bytesOut;
    }
}
