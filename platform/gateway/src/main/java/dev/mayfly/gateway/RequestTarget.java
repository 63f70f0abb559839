package dev.mayfly.gateway;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a request wants to go: what routing reads of its head, bytes untouched (RFC 9112, section 3.2).
 *
 * @param hostText the Host as sent, for the function
 * @param path raw, starting with {@code /}
 * @param query raw, without {@code ?}; null: none
 */
record RequestTarget(
        Authority host,
        String hostText,
        String path,
        @Nullable String query) {

    /** Empty when the Host is missing, repeated or no host, or when the target is neither a path nor an absolute http address. */
    static Optional<RequestTarget> of(HttpServerRequest request) {
        var hosts = request.headers().getAll(HttpHeaders.HOST);
        if (hosts.size() != 1) {
            return Optional.empty();
        }
        var hostText = hosts.getFirst();
        var uri = request.uri();
        if (!uri.startsWith("/")) {
            int scheme = uri.indexOf("://");
            if (scheme < 0 || !uri.regionMatches(true, 0, "http", 0, 4)) {
                return Optional.empty();
            }
            int start = scheme + 3;
            int end = start;
            while (end < uri.length() && uri.charAt(end) != '/' && uri.charAt(end) != '?') {
                end++;
            }
            hostText = uri.substring(start, end);
            uri = end < uri.length() && uri.charAt(end) == '/' ? uri.substring(end) : "/" + uri.substring(end);
        }
        var sent = hostText;
        var whole = uri;
        return Authority.parse(sent).map(host -> of(host, sent, whole));
    }

    static RequestTarget of(Authority host, String hostText, String uri) {
        int mark = uri.indexOf('?');
        return mark < 0
                ? new RequestTarget(host, hostText, uri, null)
                : new RequestTarget(host, hostText, uri.substring(0, mark), uri.substring(mark + 1));
    }
}
