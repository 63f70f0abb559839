package dev.mayfly.model;

import java.util.Locale;

/** The one vocabulary of errors, at the API, at the edge and in the command line. The code is the constant in lower case and never changes. */
public enum ErrorCode {
    BAD_REQUEST(400),
    UNAUTHORIZED(401),
    FORBIDDEN(403),
    NOT_FOUND(404),
    PROJECT_NOT_FOUND(404),
    DEPLOYMENT_NOT_FOUND(404),
    METHOD_NOT_ALLOWED(405),
    CONFLICT(409),
    /** Uploaded files are no longer stored, or never were; upload and try again. */
    BLOBS_MISSING(409),
    PAYLOAD_TOO_LARGE(413),
    URI_TOO_LONG(414),
    RANGE_NOT_SATISFIABLE(416),
    /** As many requests of the function, its project, its team or all of them run at once as some setting allows. */
    CONCURRENCY_LIMIT(429),
    /** One client takes more than its share: of requests in a second, or of connections. */
    TOO_MANY_REQUESTS(429),
    HEADERS_TOO_LARGE(431),
    /** The source cannot be built; the message is for its author. */
    BUILD_FAILED(422),
    /** User code raised, exited or crashed. */
    FUNCTION_FAILED(500),
    /** User code answered something that is not HTTP, or half of it. */
    FUNCTION_BAD_RESPONSE(502),
    /** User code could not be loaded: it raised while being imported. */
    FUNCTION_START_FAILED(500),
    FUNCTION_TIMEOUT(504),
    /** Every instance is busy and the queue is full, or waiting took too long. */
    FUNCTION_THROTTLED(503),
    /** The server is shutting down or has no room. */
    UNAVAILABLE(503),
    /** Understood, and not built yet. */
    NOT_SUPPORTED(501),
    INSUFFICIENT_STORAGE(507),
    /** A function called by a function, and so on, more often in a row than is allowed. */
    CALL_LOOP(508),
    INTERNAL(500);

    private final int status;

    ErrorCode(int status) {
        this.status = status;
    }

    /** The HTTP status that goes with it. */
    public int status() {
        return status;
    }

    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
