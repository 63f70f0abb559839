package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;

/**
 * Who sent a request, as far as can be believed: the other end of the connection, or whom a trusted proxy there names. Limits, logs and what functions
 * are told all go by this.
 *
 * @param secure whether it spoke TLS, to this server or to a trusted proxy
 * @param chain {@code X-Forwarded-For} for the function: the address, then the trusted proxies that the request came through
 */
record Client(IpAddress address, boolean secure, String chain) {
    static final Client UNKNOWN = direct(new IpAddress(0, 0), false);

    /** Whoever is at the other end of a connection. */
    static Client direct(IpAddress address, boolean secure) {
        return new Client(address, secure, address.toString());
    }

    /** As the engine knows it, where clients of one function take turns. */
    Caller.Outside caller() {
        return new Caller.Outside(address.isVersion4() ? address.toString() : Long.toHexString(address.client()));
    }
}
