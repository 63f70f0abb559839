package dev.mayfly.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * {@code X-Request-Id}: what a client calls its request. Functions and answers carry it on, as Knative, Heroku and most proxies have it; where the client
 * says none, functions find the invocation's own id there.
 */
final class RequestIdHeader {
    static final String NAME = "x-request-id";

    private static final CharSequence KNOWN = HttpHeaders.createOptimized(NAME);
    private static final int LONGEST = 128;

    private RequestIdHeader() {}

    /** What the client says; null when that is nothing, or too much, or twice: it will be written into logs. */
    static @Nullable String said(MultiMap headers) {
        if (!headers.contains(KNOWN)) {
            return null;
        }
        var values = headers.getAll(KNOWN);
        if (values.size() != 1) {
            return null;
        }
        var value = values.getFirst();
        if (value.isEmpty() || value.length() > LONGEST) {
            return null;
        }
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) <= ' ' || value.charAt(i) >= 0x7F) {
                return null;
            }
        }
        return value;
    }
}
