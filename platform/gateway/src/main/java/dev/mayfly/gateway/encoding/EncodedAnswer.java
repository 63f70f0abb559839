package dev.mayfly.gateway.encoding;

import dev.mayfly.model.ContentCoding;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One answer on its way through an encoder. Nothing waits for what the function has not said yet: what came in one go of the event loop is sent when that
 * is over. An answer of unknown length that begins with less than would be worth compressing is a stream of small pieces, or all there is, and goes as it
 * is. Lives on the event loop of the client's connection.
 */
public final class EncodedAnswer {
    private static final Buffer NOTHING = Buffer.buffer();

    private final Encodings encodings;
    private final Vertx vertx;
    private final HttpServerResponse response;
    private final ContentCoding coding;
    private final Consumer<Buffer> out;
    private final boolean lengthKnown;
    private @Nullable Buffer held = NOTHING;
    private @Nullable Encoder encoder;
    private boolean compressed;
    private boolean quietAsked;

    EncodedAnswer(
            Encodings encodings, Vertx vertx, HttpServerResponse response, ContentCoding coding, Consumer<Buffer> out) {
        this.encodings = encodings;
        this.vertx = vertx;
        this.response = response;
        this.coding = coding;
        this.out = out;
        this.lengthKnown = response.headers().contains(HttpHeaders.CONTENT_LENGTH);
    }

    /** Passes on what the function said next. */
    public void pass(Buffer plain) {
        if (held == null) {
            send(encoder == null ? plain : encoder.encode(plain));
        } else {
            held = held.length() == 0
                    ? plain
                    : Buffer.buffer().appendBuffer(held).appendBuffer(plain);
            if (lengthKnown || held.length() >= Encodings.SMALLEST) {
                begin(true);
            }
        }
        if (!quietAsked && (held != null || encoder != null)) {
            quietAsked = true;
            vertx.runOnContext(next -> quiet());
        }
    }

    /** The function has said all: what is left to send. */
    public @Nullable Buffer end() {
        var rest = held;
        held = null;
        if (encoder == null) {
            return rest == null || rest.length() == 0 ? null : rest;
        }
        var last = encoder.finish();
        release();
        return last;
    }

    /** Makes the trailers of the plain answer those of what was sent. */
    public void trailers(MultiMap trailers) {
        if (compressed) {
            Encodings.trailers(trailers);
        }
    }

    /** Gives the memory back. Nothing more is sent. */
    public void release() {
        held = null;
        if (encoder != null) {
            encodings.close(encoder);
            encoder = null;
        }
    }

    /** Nothing more came with the last piece. */
    private void quiet() {
        quietAsked = false;
        if (held != null) {
            begin(false);
        } else if (encoder != null) {
            send(encoder.flush());
        }
    }

    private void begin(boolean worthwhile) {
        var first = held;
        held = null;
        encoder = worthwhile && !response.headWritten() ? encodings.open(coding) : null;
        if (first == null) {
            return;
        }
        if (encoder == null) {
            send(first);
            return;
        }
        compressed = true;
        Encodings.head(response.headers(), coding);
        response.setChunked(true);
        send(encoder.encode(first));
    }

    private void send(Buffer bytes) {
        if (bytes.length() > 0) {
            out.accept(bytes);
        }
    }
}
