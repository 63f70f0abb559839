package dev.mayfly.gateway;

/**
 * Whom the edge believes, and how much one client may take.
 *
 * @param trustedProxies whose word about the client is believed
 * @param own what this machine itself calls from: not limited, and it speaks without a header of the PROXY protocol
 * @param proxyProtocol whether connections from outside begin with a header of the PROXY protocol
 * @param clientConnections open at a time, of one client; 0: any number
 * @param clientRequests of one client in a second; 0: any number
 * @param maxConnections open at a time, of all clients
 * @param maxHeaders of one request, however short
 * @param traces what becomes of them
 */
public record ClientRules(
        AddressRanges trustedProxies,
        AddressRanges own,
        boolean proxyProtocol,
        int clientConnections,
        int clientRequests,
        int maxConnections,
        int maxHeaders,
        TraceRules traces) {
    /** Nobody is believed; 1,000 connections of one client and 100 headers; this machine itself is not limited. */
    public static final ClientRules DEFAULT = new ClientRules(
            AddressRanges.NONE, AddressRanges.LOOPBACK, false, 1000, 0, 10_000, 100, TraceRules.PASSED_ON);

    /** Descriptors that are not for connections of clients: files, the store, what instances say. */
    private static final long OWN_DESCRIPTORS = 512;

    private static final int MOST_CONNECTIONS = 1_000_000;
    private static final int FEWEST_CONNECTIONS = 64;

    /** How many connections fit: each may need a second descriptor, for the instance that answers it. */
    public static int connectionsWithin(long openFiles) {
        return Math.clamp((openFiles - OWN_DESCRIPTORS) / 2, FEWEST_CONNECTIONS, MOST_CONNECTIONS);
    }

    /** Whether it counts how much {@code address} takes; behind a trusted proxy are others, who are counted by what it says of them. */
    boolean limits(IpAddress address) {
        return !own.contains(address) && !trustedProxies.contains(address);
    }
}
