package dev.mayfly.gateway;

import dev.mayfly.gateway.encoding.EncodedAnswer;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Protocol;
import dev.mayfly.model.Trigger;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * The answer of an instance on its way to the client, no faster than the client reads. Everything in it is untrusted. Lives on the event loop of the
 * client's connection.
 */
final class PassedAnswer {
    /** What its owner hears of it, until that says {@link #stop}. */
    interface Listener {
        /** The instance has said all; {@link #end} is due. */
        void complete();

        void broken(Throwable cause);

        /** The client reads again, after it was {@linkplain #held waited for}. */
        void drained();
    }

    private final Invocation invocation;
    private final HttpClientResponse said;
    private final HttpServerResponse answer;
    private final boolean h2c;
    private final boolean hasBody;
    /** As the instance declares it; -1: it does not, or it is HTTP/2, where that does not end an answer. */
    private final long length;

    private @Nullable EncodedAnswer encoded;
    /** What completes the answer goes out with its end, in one piece. */
    private @Nullable Buffer last;

    private long bytes;
    private boolean held;
    private boolean stopped;

    PassedAnswer(Invocation invocation, HttpClientResponse said) {
        this.invocation = invocation;
        this.said = said;
        this.answer = invocation.client().response();
        this.h2c = invocation.outgoing().function().protocol() == Protocol.H2C;
        this.hasBody = !invocation.outgoing().method().equals(HttpMethod.HEAD)
                && said.statusCode() != 204
                && said.statusCode() != 304;
        this.length = h2c ? -1 : declaredLength(said);
    }

    /** Bytes of its body that the instance has said so far. */
    long bytes() {
        return bytes;
    }

    /** Whether it waits for the client to read. */
    boolean held() {
        return held;
    }

    /**
     * Prepares the head, which is sent with the first piece of the body or after it was {@linkplain #begin begun}.
     *
     * @throws IllegalArgumentException when it is not writable as HTTP
     */
    void head(InvocationId id) {
        if (h2c) {
            H2cFields.require(said.headers());
        }
        ProxyHeaders.toClient(said.headers(), answer.headers());
        answer.setStatusCode(said.statusCode());
        answer.putHeader(Answers.REQUEST_ID, id.toString());
        var asked = RequestIdHeader.said(invocation.client().headers());
        if (asked != null && !answer.headers().contains(RequestIdHeader.NAME)) {
            answer.putHeader(RequestIdHeader.NAME, asked);
        }
        if (invocation.outgoing().trigger() == Trigger.API) {
            answer.putHeader(ProxyHeaders.INVOCATION, id.toString());
        }
        if (hasBody && !said.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            frameByChunks();
        }
    }

    private void frameByChunks() {
        if (invocation.client().version() == HttpVersion.HTTP_1_0) {
            answer.putHeader(HttpHeaders.CONNECTION, "close");
        } else {
            answer.setChunked(true);
        }
    }

    void begin(Listener listener) {
        // A client that has more to say may wait for the head first, which an encoder would hold back.
        encoded = invocation.upload().complete() ? invocation.encoded(hasBody, this::write) : null;
        said.exceptionHandler(listener::broken);
        said.handler(this::pass);
        said.endHandler(end -> {
            if (!stopped) {
                listener.complete();
            }
        });
        answer.drainHandler(drained -> {
            held = false;
            said.resume();
            listener.drained();
        });
        if (hasBody && encoded == null && (h2c || answer.isChunked())) {
            invocation.soon(this::sayHead);
        }
    }

    /** A client may wait for it before it says more, and the function for the client. */
    private void sayHead() {
        // Vert.x would frame what is written so early by chunks, for a client that knows none as well.
        if (!stopped && !answer.headWritten() && invocation.client().version() != HttpVersion.HTTP_1_0) {
            answer.writeHead();
        }
    }

    private void pass(Buffer chunk) {
        if (stopped || !hasBody) {
            return;
        }
        bytes += chunk.length();
        if (encoded != null) {
            encoded.pass(chunk);
        } else if (bytes == length) {
            last = chunk;
        } else {
            write(chunk);
        }
    }

    private void write(Buffer piece) {
        answer.write(piece);
        if (answer.writeQueueFull()) {
            held = true;
            said.pause();
        }
    }

    /**
     * Prepares the end of it.
     *
     * @return what is left to send; null: nothing
     * @throws IllegalArgumentException when a trailer is not writable as HTTP; none is prepared then
     */
    @Nullable Buffer end() {
        if (encoded != null) {
            last = encoded.end();
        }
        try {
            passTrailers();
        } catch (IllegalArgumentException e) {
            answer.trailers().clear();
            throw e;
        }
        return last;
    }

    /** To whoever can tell them from a body: a client of HTTP/2, or one that says so (RFC 9110, section 6.5.1). */
    private void passTrailers() {
        var client = invocation.client();
        if (said.trailers().isEmpty()) {
            return;
        }
        if (h2c) {
            H2cFields.require(said.trailers());
        }
        if (client.version() == HttpVersion.HTTP_2
                || (answer.isChunked() && ProxyHeaders.takesTrailers(client.headers()))) {
            ProxyHeaders.toClient(said.trailers(), answer.trailers());
            if (encoded != null) {
                encoded.trailers(answer.trailers());
            }
            answer.trailers().remove(HttpHeaders.CONTENT_LENGTH);
        }
    }

    /** Nothing more of it is passed on. */
    void stop() {
        stopped = true;
        if (encoded != null) {
            encoded.release();
        }
    }

    private static long declaredLength(HttpClientResponse said) {
        var length = said.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return -1; // the decoder knows what to think of it
        }
    }
}
