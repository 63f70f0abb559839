package dev.mayfly.gateway;

import io.netty.util.AsciiString;
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

    private static final HeaderNames HOP_BY_HOP = new HeaderNames(
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
    private static final HeaderNames OURS = new HeaderNames(
            "forwarded",
            "proxy",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-forwarded-port",
            "x-real-ip",
            RequestIdHeader.NAME);

    /** Written anew for every function, or answered here. */
    private static final HeaderNames ANEW = new HeaderNames("host", "expect");

    private static final CharSequence FORWARDED_HOST = HttpHeaders.createOptimized("x-forwarded-host");
    private static final CharSequence FORWARDED_PROTO = HttpHeaders.createOptimized("x-forwarded-proto");
    private static final CharSequence FORWARDED_PORT = HttpHeaders.createOptimized("x-forwarded-port");
    private static final CharSequence FORWARDED_FOR = HttpHeaders.createOptimized("x-forwarded-for");
    private static final CharSequence REAL_IP = HttpHeaders.createOptimized("x-real-ip");
    private static final CharSequence HTTP = HttpHeaders.createOptimized("http");
    private static final CharSequence TRAILER = HttpHeaders.createOptimized("trailer");
    private static final CharSequence HTTPS = HttpHeaders.createOptimized("https");

    private ProxyHeaders() {}

    /** The head a function gets, but for the invocation's id. */
    static MultiMap toFunction(HttpServerRequest client, RequestTarget target, Client from) {
        var headers = HttpHeaders.headers();
        var dropped = namedByConnection(client.headers());
        for (var header : client.headers()) {
            var name = header.getKey();
            if (crosses(name, dropped)) {
                if (!isOurs(name) && !ANEW.contains(name)) {
                    headers.add(name, header.getValue());
                }
            } else if (AsciiString.contentEqualsIgnoreCase(TRAILER, name)) {
                announce(client.headers(), headers);
            }
        }
        joinCookies(headers);
        // None of these is there yet.
        headers.add(HttpHeaders.HOST, target.hostText());
        headers.add(FORWARDED_HOST, target.hostText());
        headers.add(FORWARDED_PROTO, from.secure() ? HTTPS : HTTP);
        headers.add(FORWARDED_PORT, Integer.toString(target.host().portOr(from.secure() ? 443 : 80)));
        headers.add(FORWARDED_FOR, from.chain());
        headers.add(REAL_IP, from.address().toString());
        var id = RequestIdHeader.said(client.headers());
        if (id != null) {
            headers.add(RequestIdHeader.NAME, id);
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
            var name = header.getKey();
            if (crosses(name, dropped) && !startsWithMayfly(name)) {
                to.add(name, header.getValue());
            }
        }
    }

    /** Once, however many lines say it. */
    private static void announce(MultiMap client, MultiMap headers) {
        var announced = headers.contains(TRAILER) ? "" : TrailerFields.announced(client);
        if (!announced.isEmpty()) {
            headers.add(TRAILER, announced);
        }
    }

    static boolean crosses(String name, Set<String> dropped) {
        return !HOP_BY_HOP.contains(name) && (dropped.isEmpty() || !dropped.contains(name.toLowerCase(Locale.ROOT)));
    }

    private static boolean startsWithMayfly(String name) {
        return name.regionMatches(true, 0, "x-mayfly-", 0, 9);
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
    static boolean isOurs(String name) {
        var plain = name.indexOf('_') < 0 ? name : name.replace('_', '-');
        return startsWithMayfly(plain) || OURS.contains(plain);
    }

    static Set<String> namedByConnection(MultiMap headers) {
        if (!headers.contains(HttpHeaders.CONNECTION)) {
            return Set.of();
        }
        List<String> values = headers.getAll(HttpHeaders.CONNECTION);
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
