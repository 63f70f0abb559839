package dev.mayfly.gateway;

import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which fields may follow a body to a function (RFC 9110, section 6.5.1): none that frames, routes, changes or authenticates a request or says what its
 * content is, since whoever has looked at the head has decided these already; and none that the edge sets or takes out of heads. What may not is dropped,
 * as that section allows.
 */
final class TrailerFields {
    private static final HeaderNames NEVER = new HeaderNames(
            // framing and routing, beyond what belongs to one connection
            "content-length",
            "host",
            "max-forwards",
            "expect",
            // authentication
            "authorization",
            "authentication-info",
            "www-authenticate",
            "cookie",
            "set-cookie",
            // what becomes of the request
            "accept",
            "cache-control",
            "pragma",
            "range",
            "origin",
            "referer",
            "x-http-method",
            "x-http-method-override",
            "x-method-override",
            // content
            "content-type",
            "content-encoding",
            "content-range",
            "content-language",
            "content-location",
            "content-disposition",
            // what the platform says
            "x-real-ip",
            "traceparent",
            "tracestate");

    private static final List<String> NEVER_BEGINNING_WITH =
            List.of("accept-", "access-control-", "if-", "proxy-", "sec-", "x-forwarded-", "x-mayfly-", "x-original-");

    private TrailerFields() {}

    /** @param ofConnection what the head says is about one connection only, in lower case */
    static boolean cross(String name, Set<String> ofConnection) {
        var plain = name.replace('_', '-').toLowerCase(Locale.ROOT); // as CGI would spell it
        return ProxyHeaders.crosses(plain, ofConnection)
                && !ofConnection.contains(name.toLowerCase(Locale.ROOT))
                && !ProxyHeaders.isOurs(plain)
                && !NEVER.contains(plain)
                && NEVER_BEGINNING_WITH.stream().noneMatch(plain::startsWith);
    }

    /** What is left of {@code Trailer}, where a client announces them: servers written in Go hear of no others in HTTP/2. Empty: nothing. */
    static String announced(MultiMap head) {
        var ofConnection = ProxyHeaders.namedByConnection(head);
        return head.getAll("trailer").stream()
                .flatMap(line -> Stream.of(line.split(",", -1)))
                .map(String::strip)
                .filter(name -> isName(name) && cross(name, ofConnection))
                .collect(Collectors.joining(", "));
    }

    /** A token (RFC 9110, section 5.6.2). */
    static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    /** One line without control characters (RFC 9110, section 5.5). */
    static boolean isValue(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7F || c > 0xFF) {
                return false;
            }
        }
        return true;
    }
}
