package dev.mayfly.gateway;

import dev.mayfly.gateway.encoding.Encodings;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.StringJoiner;

/**
 * Ends the heads of answers of an alias that knows its clients again: whoever writes them, files, functions or the platform, what they say of caches
 * is made true of such an alias.
 */
final class StickyHeads {
    private final ToTls toTls;
    private final ClientGate gate;

    StickyHeads(ToTls toTls, ClientGate gate) {
        this.toTls = toTls;
        this.gate = gate;
    }

    /** @param by the header of the request that decides who serves it, if it is there */
    void known(HttpServerRequest request, String by) {
        var headers = request.response().headers();
        toTls.keep(request, () -> Encodings.vary(headers, by));
    }

    /** Gives the client its point, and nobody else. */
    void fresh(HttpServerRequest request, long point) {
        var headers = request.response().headers();
        boolean secure = gate.client(request).secure();
        toTls.keep(request, () -> {
            Encodings.vary(headers, "cookie");
            makePrivate(headers);
            SplitCookie.give(headers, point, secure);
        });
    }

    /** Caches that several clients share do not keep it (RFC 9111, section 5.2.2.7); what its own client may do with it stays. */
    private static void makePrivate(MultiMap headers) {
        var all = new StringJoiner(", ").add("private");
        for (var line : headers.getAll(HttpHeaders.CACHE_CONTROL)) {
            for (var each : line.split(",", -1)) {
                var directive = each.strip();
                if (directive.equalsIgnoreCase("no-store")) {
                    return;
                }
                if (!isForShared(directive)) {
                    all.add(directive);
                }
            }
        }
        headers.set(HttpHeaders.CACHE_CONTROL, all.toString());
    }

    private static boolean isForShared(String directive) {
        return directive.isEmpty()
                || directive.equalsIgnoreCase("public")
                || directive.equalsIgnoreCase("private")
                || directive.regionMatches(true, 0, "s-maxage=", 0, 9);
    }
}
