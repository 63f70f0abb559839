package dev.mayfly.gateway;

import dev.mayfly.model.Limits;
import dev.mayfly.model.Problem;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way to a function: no faster than the function reads, no longer than its limit, and kept while it is short so that it
 * can be sent once more (DESIGN.md, section 6, Retry).
 */
final class Upload {
    static final int HELD = 64 * 1024;

    private final HttpServerRequest client;
    private final GatewayOptions options;
    private final Limits limits;
    private final Runnable tooLarge;
    private final Consumer<Problem> refused;
    private final BodyFlow flow;
    private final boolean http2;
    private final boolean chunked;
    private final boolean present;
    private final List<Buffer> held = new ArrayList<>(2);
    private final @Nullable StreamTrailers streams;
    private @Nullable MultiMap trailers;
    private @Nullable HttpClientRequest target;
    /** What {@link #target} was given last; null: not even its head. */
    private @Nullable Future<Void> sent;

    private long bytes;
    private boolean ended;
    private boolean continued;

    /**
     * @param limits of the function
     * @param tooLarge called at most once, when more bytes have come than may; nothing is passed on from then
     * @param refused called at most once, with what is wrong with what followed the body; it does not end for the function then
     */
    Upload(
            HttpServerRequest client,
            GatewayOptions options,
            Limits limits,
            Runnable tooLarge,
            Consumer<Problem> refused) {
        this.client = client;
        this.options = options;
        this.limits = limits;
        this.tooLarge = tooLarge;
        this.refused = refused;
        this.flow = new BodyFlow(client);
        this.http2 = client.version() == HttpVersion.HTTP_2;
        this.chunked =
                client.headers().contains(http2 ? HttpHeaders.CONTENT_LENGTH : HttpHeaders.TRANSFER_ENCODING) != http2;
        this.present = isPresent(client);
        this.streams = http2 && present ? StreamTrailers.read(client.connection()) : null;
        if (present) {
            if (!http2) {
                flow.pause();
            }
            client.handler(this::chunk);
            client.endHandler(end -> end());
        } else {
            ended = true;
            flow.resume();
        }
    }

    /** Whether a body comes, or may come: that a request of HTTP/2 has none is seen once the event that brought its head is over. */
    static boolean isPresent(HttpServerRequest client) {
        if (client.version() == HttpVersion.HTTP_2) {
            return !client.isEnded();
        }
        return client.headers().contains(HttpHeaders.TRANSFER_ENCODING) || declaredLength(client) > 0;
    }

    /** What Content-Length says; 0 without one. */
    static long declaredLength(HttpServerRequest client) {
        var length = client.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    /** Sends what has come and then the rest to {@code request}, whose head is complete. */
    void sendTo(HttpClientRequest request) {
        if (!present || (http2 && ended && bytes == 0 && trailers == null)) {
            request.end();
            return;
        }
        request.setChunked(chunked);
        target = request;
        if (!continued && "100-continue".equalsIgnoreCase(client.getHeader(HttpHeaders.EXPECT))) {
            continued = true;
            if (client.version() != HttpVersion.HTTP_1_0) {
                client.response().writeContinue();
            }
        }
        sent = null;
        if (held.isEmpty() && !ended && request.version() == HttpVersion.HTTP_2) {
            sent = request.writeHead(); // the client may wait for what the function says to it
        }
        held.forEach(piece -> sent = request.write(piece));
        if (!repeatable()) {
            held.clear();
        }
        if (ended) {
            end(request);
        } else {
            request.drainHandler(drained -> {
                if (Objects.equals(target, request)) {
                    flow.resume();
                }
            });
            flow.resume();
        }
    }

    /** Sends nothing more; what comes now waits. */
    void stop() {
        target = null;
        if (!ended) {
            flow.pause();
        }
    }

    boolean complete() {
        return ended;
    }

    /** Whether everything that came is still held. */
    boolean repeatable() {
        return bytes <= HELD;
    }

    long bytes() {
        return bytes;
    }

    private void chunk(Buffer chunk) {
        if (bytes > limits.requestBody()) {
            return;
        }
        bytes += chunk.length();
        if (bytes > limits.requestBody()) {
            stop();
            tooLarge.run();
            return;
        }
        if (target == null) { // in the event that brought the head of a request of HTTP/2
            held.add(chunk);
            return;
        }
        if (bytes <= HELD) {
            held.add(chunk);
        } else {
            held.clear();
        }
        sent = target.write(chunk);
        if (target.writeQueueFull()) {
            flow.pause();
        }
    }

    private void end() {
        ended = true;
        switch (ReceivedTrailers.of(client, streams, options, limits.requestHeaders())) {
            case null -> {}
            case ReceivedTrailers.Fields(var fields) -> trailers = fields.isEmpty() ? null : fields;
            case ReceivedTrailers.Refused(var problem) -> {
                target = null;
                refused.accept(problem);
            }
        }
        if (target != null) {
            end(target);
        }
    }

    /** Trailers end only what can have them: a stream, or chunks. */
    private void end(HttpClientRequest request) {
        if (trailers != null && (chunked || request.version() == HttpVersion.HTTP_2)) {
            SentTrailers.end(request, trailers, sent == null ? request.writeHead() : sent);
        } else {
            request.end();
        }
    }
}
