package dev.mayfly.gateway;

import io.vertx.core.http.HttpServerRequest;

/**
 * What is asked of connections beyond HTTP.
 *
 * @param plainManagement whether the management API, and so its tokens, crosses networks in clear text
 * @param hstsSeconds how long browsers are to come by TLS alone; 0: that is not said
 */
public record EdgeSecurity(boolean plainManagement, long hstsSeconds) {
    /** No plain text for management beyond loopback; nothing said to browsers. */
    public static final EdgeSecurity DEFAULT = new EdgeSecurity(false, 0);

    /** Whether a request for the management API came over a network in clear text, though that is not wanted. */
    boolean tellsSecrets(HttpServerRequest request) {
        return !plainManagement
                && !request.isSSL()
                && !isLoopback(request.remoteAddress().hostAddress());
    }

    static boolean isLoopback(String address) {
        return address.startsWith("127.")
                || address.startsWith("::ffff:127.")
                || address.equals("::1")
                || address.equals("0:0:0:0:0:0:0:1");
    }
}
