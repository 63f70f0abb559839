package dev.mayfly.gateway;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a request wants to go: what routing reads of its head, bytes untouched but for those that are not ASCII, which are no part of
 * an address (RFC 9112, section 3.2; RFC 3986, section 2.1): they are escaped here, since what comes next would write them as others.
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

    /**
     * Empty when the host is missing, said twice or no host, when the target is neither a path nor an absolute http address, or when method or
     * target hold what could be no part of a request line: HTTP/2 can carry it, and what comes next speaks HTTP/1.1.
     */
    static Optional<RequestTarget> of(HttpServerRequest request) {
        var uri = request.uri();
        var hostText = hostText(request);
        if (hostText == null
                || uri == null
                || !isVisible(uri)
                || !isVisible(request.method().name())) {
            return Optional.empty();
        }
        if (!uri.startsWith("/")) {
            if (request.version() == HttpVersion.HTTP_2) {
                return Optional.empty(); // it has the host apart
            }
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
        var whole = Percent.encodeBytes(uri);
        return Authority.parse(sent).map(host -> of(host, sent, whole));
    }

    private static @Nullable String hostText(HttpServerRequest request) {
        var hosts = request.headers().getAll(HttpHeaders.HOST);
        if (request.version() != HttpVersion.HTTP_2) {
            return hosts.size() == 1 ? hosts.getFirst() : null;
        }
        var authority =
                request.authority(); // of :authority, or of Host where that is not said (RFC 9113, section 8.3.1)
        if (authority == null || hosts.size() > 1) {
            return null;
        }
        var text = authority.port() < 0 ? authority.host() : authority.host() + ":" + authority.port();
        return hosts.isEmpty() || text.equalsIgnoreCase(hosts.getFirst()) ? text : null;
    }

    private static boolean isVisible(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) == 0x7F) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    static RequestTarget of(Authority host, String hostText, String uri) {
        int mark = uri.indexOf('?');
        return mark < 0
                ? new RequestTarget(host, hostText, uri, null)
                : new RequestTarget(host, hostText, uri.substring(0, mark), uri.substring(mark + 1));
    }
}
