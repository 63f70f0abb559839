package dev.mayfly.gateway;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the platform's own answers at the edge, errors above all. One for every event loop. */
final class Answers {
    static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-mayfly-request-id");
    static final CharSequence DEPLOYMENT = HttpHeaders.createOptimized("x-mayfly-deployment");

    private final Vertx vertx;
    private final RequestIds ids;
    private final Exchanges exchanges;
    private final Tracebacks tracebacks;

    Answers(Vertx vertx, RequestIds ids, Exchanges exchanges, Tracebacks tracebacks) {
        this.vertx = vertx;
        this.ids = ids;
        this.exchanges = exchanges;
        this.tracebacks = tracebacks;
    }

    /** What observers will see of {@code request}. */
    Exchange seen(HttpServerRequest request) {
        return exchanges.of(request);
    }

    InvocationId newId() {
        return ids.next();
    }

    /** How long the page of a function that failed may wait for what that has still to say. */
    Duration patience() {
        return tracebacks.patience();
    }

    /** Answers the invocation {@code id}: with the last error output of the function too, where that is shown and the function is what failed. */
    void failure(HttpServerRequest request, Problem problem, InvocationId id, Map<String, String> headers) {
        boolean ofFunction = switch (problem.code()) {
            case FUNCTION_FAILED, FUNCTION_START_FAILED, FUNCTION_TIMEOUT, FUNCTION_BAD_RESPONSE -> true;
            default -> false;
        };
        problem(request, new ErrorPage(problem, id, List.of(), ofFunction ? tracebacks.of(id) : ""), headers);
    }

    void problem(HttpServerRequest request, Problem problem) {
        problem(request, new ErrorPage(problem, ids.next(), List.of()), Map.of());
    }

    /**
     * Answers, or breaks the connection off where a head was already sent.
     *
     * @param headers further ones
     */
    void problem(HttpServerRequest request, ErrorPage page, Map<String, String> headers) {
        write(request, page, headers, ErrorPage.Form.accepted(request.getHeader(HttpHeaders.ACCEPT)));
    }

    /** Answers a call of the API that leads to no invocation: with the API's envelope, whatever the caller would accept of the function. */
    void refusal(HttpServerRequest request, Problem problem, List<String> paths) {
        write(request, new ErrorPage(problem, ids.next(), paths), Map.of(), ErrorPage.Form.JSON);
    }

    private void write(HttpServerRequest request, ErrorPage page, Map<String, String> headers, ErrorPage.Form form) {
        var response = request.response();
        if (response.ended() || response.closed()) {
            return;
        }
        seen(request).failed(page.problem(), page.requestId());
        if (response.headWritten()) {
            cutOff(request, page);
            return;
        }
        var deployment = response.headers().get(DEPLOYMENT);
        response.headers().clear().addAll(headers);
        if (deployment != null) {
            response.putHeader(DEPLOYMENT, deployment);
        }
        if (Grpc.isCall(request)) {
            trailersOnly(request, page);
            return;
        }
        if (Grpc.isWebCall(request)) {
            Grpc.put(page, response.headers());
        }
        var body = Buffer.buffer(page.in(form));
        if (page.problem().code() == ErrorCode.CALL_LOOP) {
            response.setStatusMessage("Loop Detected"); // RFC 5842, section 7.2; Netty has no name for it
        }
        response.setStatusCode(page.problem().code().status())
                .setChunked(false)
                .putHeader(REQUEST_ID, page.requestId().toString())
                .putHeader(HttpHeaders.CONTENT_TYPE, form.contentType())
                .putHeader("x-content-type-options", "nosniff")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
        passId(request);
        endAnswer(request, request.method().equals(HttpMethod.HEAD) ? null : body);
    }

    private static void passId(HttpServerRequest request) {
        var said = RequestIdHeader.said(request.headers());
        if (said != null) {
            request.response().putHeader(RequestIdHeader.NAME, said);
        }
    }

    /** A status and no message: to clients of gRPC the one answer that is no answer of the function. */
    private void trailersOnly(HttpServerRequest request, ErrorPage page) {
        var response = request.response();
        response.setStatusCode(200)
                .setChunked(true)
                .putHeader(REQUEST_ID, page.requestId().toString())
                .putHeader(HttpHeaders.CONTENT_TYPE, Grpc.CONTENT_TYPE);
        passId(request);
        Grpc.put(page, response.headers());
        endAnswer(request, null);
    }

    /** In the middle of an answer: a client of gRPC that has read all so far is told why, to every other it breaks off. */
    private void cutOff(HttpServerRequest request, ErrorPage page) {
        var response = request.response();
        seen(request).cutOff();
        if (Grpc.isCall(request) && Grpc.isGrpc(response.headers()) && !response.writeQueueFull()) {
            Grpc.put(page, response.trailers());
            endAnswer(request, null);
        } else {
            response.reset(Http2Errors.INTERNAL_ERROR);
        }
    }

    /** See {@link UnreadBody}. */
    void endAnswer(HttpServerRequest request, @Nullable Buffer last) {
        UnreadBody.endAnswer(vertx, request, last);
    }

    /** See {@link UnreadBody}. */
    void afterBody(HttpServerRequest request, Runnable then) {
        UnreadBody.discard(vertx, request, then);
    }
}
