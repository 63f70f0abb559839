package dev.mayfly.gateway;

import io.vertx.core.http.HttpConnection;

/**
 * What is asked of connections beyond HTTP.
 *
 * @param plainManagement whether the management API, and so its tokens, crosses networks in clear text
 * @param hstsSeconds how long browsers are to come by TLS alone; 0: that is not said
 * @param proves whether handshakes may come that only look for a proof; see {@link Gateway#prove}
 */
public record EdgeSecurity(boolean plainManagement, long hstsSeconds, boolean proves) {
    /** No plain text for management beyond loopback; nothing said to browsers. */
    public static final EdgeSecurity DEFAULT = new EdgeSecurity(false, 0);

    /** Nothing is to be proven. */
    public EdgeSecurity(boolean plainManagement, long hstsSeconds) {
        this(plainManagement, hstsSeconds, false);
    }

    /** Whether what {@code client} asks of the management API crossed a network in clear text, though that is not wanted. */
    boolean tellsSecrets(Client client, HttpConnection connection) {
        return !plainManagement
                && !client.secure()
                && !AddressRanges.LOOPBACK.contains(client.address())
                && !isFromHere(client, connection);
    }

    /** Whoever calls this machine from itself by one of its other addresses has that address, too. */
    private static boolean isFromHere(Client client, HttpConnection connection) {
        var here = IpAddress.of(connection.localAddress(true));
        return client.address().equals(here) && client.address().equals(IpAddress.of(connection.remoteAddress(true)));
    }
}
