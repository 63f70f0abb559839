package dev.mayfly.control;

import dev.mayfly.gateway.BodyFlow;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A request's body as a stream to read from on a virtual thread. At most {@link #WINDOW} chunks are on their way at a time, whatever its length:
 * the client is read only as fast as this is.
 */
final class RequestBody extends InputStream {
    private static final int WINDOW = 16;

    private final HttpServerRequest request;
    private final Context loop;
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private Buffer current = Buffer.buffer();
    private final BodyFlow flow;
    private int asked; // pieces, that have not arrived yet; of the event loop
    private int position;
    private int taken;
    private @Nullable Piece last;

    private sealed interface Piece {}

    private record Chunk(Buffer bytes) implements Piece {}

    private record End() implements Piece {}

    private record Broken(Throwable cause) implements Piece {}

    /** On the event loop, in the same turn in which the request arrived. */
    RequestBody(HttpServerRequest request, Context loop) {
        this.request = request;
        this.loop = loop;
        this.flow = new BodyFlow(request);
        flow.pause();
        request.handler(this::arrived);
        request.endHandler(end -> pieces.add(new End()));
        request.exceptionHandler(failure -> pieces.add(new Broken(failure)));
    }

    private void arrived(Buffer bytes) {
        pieces.add(new Chunk(bytes));
        if (--asked <= 0) {
            flow.pause();
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        while (position == current.length()) {
            if (last == null) {
                next();
            }
            switch (last) {
                case End end -> {
                    return -1;
                }
                case Broken(var cause) -> throw new IOException("the client broke off", cause);
                case null, default -> {}
            }
        }
        int count = Math.min(length, current.length() - position);
        current.getBytes(position, position + count, target, offset);
        position += count;
        return count;
    }

    private void next() throws IOException {
        if (taken % (WINDOW / 2) == 0) {
            int more = taken == 0 ? WINDOW : WINDOW / 2;
            boolean invite = taken == 0 && "100-continue".equalsIgnoreCase(request.getHeader("expect"));
            loop.runOnContext(go -> {
                if (invite) {
                    request.response().writeContinue();
                }
                asked += more;
                flow.resume();
            });
        }
        taken++;
        try {
            switch (pieces.take()) {
                case Chunk(var bytes) -> {
                    current = bytes;
                    position = 0;
                }
                case Piece end -> last = end;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading a request body");
        }
    }
}
