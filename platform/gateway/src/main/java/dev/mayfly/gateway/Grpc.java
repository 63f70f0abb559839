package dev.mayfly.gateway;

import dev.mayfly.model.ErrorCode;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the edge knows of gRPC, for its own errors only: what functions say of it passes through (gRPC over HTTP/2, the document PROTOCOL-HTTP2.md). */
final class Grpc {
    static final CharSequence STATUS = HttpHeaders.createOptimized("grpc-status");
    static final CharSequence MESSAGE = HttpHeaders.createOptimized("grpc-message");
    static final String CONTENT_TYPE = "application/grpc";

    private Grpc() {}

    /** Whether it is a call whose client takes a status of gRPC for an answer. */
    static boolean isCall(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2 && isGrpc(request.headers());
    }

    /** Whether it is one of gRPC-Web, as browsers make them over any HTTP; it has no trailers, so its errors have a status of HTTP too. */
    static boolean isWebCall(HttpServerRequest request) {
        return startsWith(request.getHeader(HttpHeaders.CONTENT_TYPE), "application/grpc-web");
    }

    /** Whether what has these headers is of gRPC itself. */
    static boolean isGrpc(MultiMap headers) {
        var type = headers.get(HttpHeaders.CONTENT_TYPE);
        return startsWith(type, CONTENT_TYPE)
                && (type.length() == CONTENT_TYPE.length() || "+; ".indexOf(type.charAt(CONTENT_TYPE.length())) >= 0);
    }

    private static boolean startsWith(@Nullable String text, String prefix) {
        return text != null && text.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    /** Puts the status of a problem into {@code headers}, which may be those of a head or of trailers. */
    static void put(ErrorPage page, MultiMap headers) {
        headers.set(STATUS, Integer.toString(status(page.problem().code())));
        headers.set(MESSAGE, encoded(page.line()));
    }

    /** By the code where gRPC has a word for it, else by its status of HTTP (gRPC, http-grpc-status-mapping.md). */
    static int status(ErrorCode code) {
        return switch (code) {
            case BAD_REQUEST, INTERNAL -> 13; // INTERNAL
            case UNAUTHORIZED -> 16; // UNAUTHENTICATED
            case FORBIDDEN -> 7; // PERMISSION_DENIED
            case NOT_FOUND, PROJECT_NOT_FOUND, DEPLOYMENT_NOT_FOUND, METHOD_NOT_ALLOWED, NOT_SUPPORTED ->
                12; // UNIMPLEMENTED
            case CONFLICT, BLOBS_MISSING -> 10; // ABORTED
            case PAYLOAD_TOO_LARGE,
                    URI_TOO_LONG,
                    HEADERS_TOO_LARGE,
                    TOO_MANY_REQUESTS,
                    CONCURRENCY_LIMIT,
                    INSUFFICIENT_STORAGE,
                    CALL_LOOP -> 8; // RESOURCE_EXHAUSTED
            case RANGE_NOT_SATISFIABLE -> 11; // OUT_OF_RANGE
            case FUNCTION_TIMEOUT -> 4; // DEADLINE_EXCEEDED
            // As of any server that is not there, or goes away in the middle of a call.
            case FUNCTION_BAD_RESPONSE, FUNCTION_FAILED, FUNCTION_START_FAILED, FUNCTION_THROTTLED, UNAVAILABLE ->
                14; // UNAVAILABLE
            case BUILD_FAILED -> 2; // UNKNOWN
        };
    }

    /** Percent-encoded UTF-8, as {@code Status-Message} is written. */
    static String encoded(String message) {
        var out = new StringBuilder(message.length() + 16);
        for (byte each : message.getBytes(StandardCharsets.UTF_8)) {
            if (each >= 0x20 && each < 0x7F && each != '%') {
                out.append((char) each);
            } else {
                out.append(String.format(Locale.ROOT, "%%%02X", each));
            }
        }
        return out.toString();
    }
}
