package dev.mayfly.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which headers cross the proxy, and which the platform sets (contracts/vercel.md, section 3.1; RFC 9110, section 7.6.1). */
final class ProxyHeaders {
    static final String INVOCATION = "x-mayfly-invocation";

    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings");

    /** Said by the platform alone, or by nobody: CGI makes HTTP_PROXY of {@code proxy} (CVE-2016-5385). */
    private static final Set<String> OURS = Set.of(
            "forwarded",
            "proxy",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-forwarded-port",
            "x-real-ip",
            RequestIdHeader.NAME);

    private ProxyHeaders() {}

    /** The head a function gets, but for the invocation's id. */
    static MultiMap toFunction(HttpServerRequest client, RequestTarget target, Client from) {
        var headers = HttpHeaders.headers();
        var dropped = namedByConnection(client.headers());
        for (var header : client.headers()) {
            var name = header.getKey().toLowerCase(Locale.ROOT);
            if (!HOP_BY_HOP.contains(name) && !dropped.contains(name) && !isOurs(name) && !name.equals("expect")) {
                headers.add(header.getKey(), header.getValue());
            }
        }
        joinCookies(headers);
        headers.set(HttpHeaders.HOST, target.hostText());
        headers.set("x-forwarded-host", target.hostText());
        headers.set("x-forwarded-proto", from.secure() ? "https" : "http");
        headers.set("x-forwarded-port", Integer.toString(target.host().portOr(from.secure() ? 443 : 80)));
        headers.set("x-forwarded-for", from.chain());
        headers.set("x-real-ip", from.address().toString());
        var id = RequestIdHeader.said(client.headers());
        if (id != null) {
            headers.set(RequestIdHeader.NAME, id);
        }
        return headers;
    }

    /**
     * The head a client gets.
     *
     * @throws IllegalArgumentException when a header is not writable as HTTP
     */
    static void toClient(MultiMap from, MultiMap to) {
        var dropped = namedByConnection(from);
        for (var header : from) {
            var name = header.getKey().toLowerCase(Locale.ROOT);
            if (!HOP_BY_HOP.contains(name) && !dropped.contains(name) && !name.startsWith("x-mayfly-")) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    /** Has the function asked for WebSocket, or says to the client that it is; what else that takes crosses like any header. */
    static void upgrade(MultiMap headers) {
        headers.set(HttpHeaders.CONNECTION, "Upgrade").set(HttpHeaders.UPGRADE, "websocket");
    }

    /** Tells a function that its trailers are read, as servers of gRPC want to hear. In HTTP/1.1 that would be about one connection. */
    static void takeTrailers(MultiMap client, MultiMap headers) {
        if (takesTrailers(client)) {
            headers.set("te", "trailers");
        }
    }

    static boolean takesTrailers(MultiMap client) {
        return client.getAll("te").stream()
                .anyMatch(value -> value.toLowerCase(Locale.ROOT).contains("trailers"));
    }

    /** HTTP/2 may send each cookie as a header of its own, which HTTP/1.1 may not (RFC 9113, section 8.2.3). */
    private static void joinCookies(MultiMap headers) {
        var cookies = headers.getAll(HttpHeaders.COOKIE);
        if (cookies.size() > 1) {
            headers.set(HttpHeaders.COOKIE, String.join("; ", cookies));
        }
    }

    /** Names are compared as CGI would spell them: a WSGI application cannot tell {@code x_real_ip} from {@code x-real-ip}. */
    private static boolean isOurs(String name) {
        var plain = name.indexOf('_') < 0 ? name : name.replace('_', '-');
        return plain.startsWith("x-mayfly-") || OURS.contains(plain);
    }

    private static Set<String> namedByConnection(MultiMap headers) {
        List<String> values = headers.getAll(HttpHeaders.CONNECTION);
        if (values.isEmpty()) {
            return Set.of();
        }
        var names = new HashSet<String>();
        for (var value : values) {
            for (var name : value.split(",", -1)) {
                names.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        names.removeAll(Set.of("content-length", "content-type", "host", "cookie", "authorization"));
        return names;
    }
}
