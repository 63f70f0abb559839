package dev.mayfly.gateway;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * Whether every reader of a head of HTTP/1 agrees where its request ends, beyond what the decoder refuses: the only transfer coding is {@code chunked}, said
 * once (RFC 9112, section 6.1), and no header is without a name.
 */
final class Framing {
    private Framing() {}

    static boolean isPlain(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            return true;
        }
        if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            var codings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
            if (codings.size() > 1 || !codings.getFirst().strip().equalsIgnoreCase("chunked")) {
                return false;
            }
        }
        return !request.headers().contains("");
    }
}
