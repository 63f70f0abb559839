package dev.mayfly.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * What a client still sends after its answer is decided. Most clients send all before they read anything, and one that is cut off never reads why;
 * so the rest is read to nowhere, within bounds.
 */
public final class UnreadBody {
    private static final long MOST_BYTES = 1L << 30;
    private static final long MOST_MILLIS = 30_000;

    private UnreadBody() {}

    /**
     * Ends the answer of {@code request}, on its event loop: sends {@code last} at once, and marks the end when the client has sent all. A client of gRPC
     * sends all only when it has seen the end, where the status is.
     *
     * @param last the last bytes of the answer; null: none
     */
    public static void endAnswer(Vertx vertx, HttpServerRequest request, @Nullable Buffer last) {
        var response = request.response();
        if (!Upload.isPresent(request) || request.isEnded()) {
            end(response, last);
            if (!request.isEnded()) {
                new BodyFlow(request).resume();
            }
            return;
        }
        if (Grpc.isCall(request)) {
            end(response, last);
            discard(vertx, request, () -> {});
            return;
        }
        if (last != null) {
            response.write(last);
        } else if (!response.headWritten() && request.version() != HttpVersion.HTTP_1_0) {
            response.writeHead();
        }
        discard(vertx, request, response::end);
    }

    private static void end(HttpServerResponse response, @Nullable Buffer last) {
        if (last == null) {
            response.end();
        } else {
            response.end(last);
        }
    }

    /** Reads the body of {@code request} to nowhere and then runs {@code then}; breaks it off when it is too much or takes too long. */
    static void discard(Vertx vertx, HttpServerRequest request, Runnable then) {
        if (!Upload.isPresent(request) || request.isEnded()) {
            then.run();
            return;
        }
        long timer = vertx.setTimer(MOST_MILLIS, late -> request.response().reset(Http2Errors.CANCEL));
        var left = new long[] {MOST_BYTES};
        request.exceptionHandler(gone -> vertx.cancelTimer(timer));
        request.endHandler(end -> {
            vertx.cancelTimer(timer);
            then.run();
        });
        request.handler(bytes -> {
            left[0] -= bytes.length();
            if (left[0] < 0) {
                request.response().reset(Http2Errors.CANCEL);
            }
        });
        new BodyFlow(request).resume();
    }
}
