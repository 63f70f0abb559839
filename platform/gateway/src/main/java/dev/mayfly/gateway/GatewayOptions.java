package dev.mayfly.gateway;

/**
 * How the edge listens.
 *
 * @param maxHeadBytes of all headers of a request or of an answer of a function
 * @param maxLineBytes of a request line
 * @param firstHeadMillis how long a fresh connection may take to send a complete head
 * @param idleMillis how long a connection may be kept without a request
 * @param eventLoops how many connections' loops
 * @param clients whom it believes, and how much one client may take
 */
public record GatewayOptions(
        Hosts hosts,
        int maxHeadBytes,
        int maxLineBytes,
        long firstHeadMillis,
        long idleMillis,
        int eventLoops,
        EdgeSecurity security,
        ClientRules clients) {

    public GatewayOptions(
            Hosts hosts, int maxHeadBytes, int maxLineBytes, long firstHeadMillis, long idleMillis, int eventLoops) {
        this(
                hosts,
                maxHeadBytes,
                maxLineBytes,
                firstHeadMillis,
                idleMillis,
                eventLoops,
                EdgeSecurity.DEFAULT,
                ClientRules.DEFAULT);
    }

    /** The defaults of the contract: 64 KiB of headers, 16 KiB of request line, 15 s for a head, 75 s of idling. */
    public static GatewayOptions defaults(Hosts hosts) {
        return new GatewayOptions(
                hosts,
                64 * 1024,
                16 * 1024,
                15_000,
                75_000,
                Runtime.getRuntime().availableProcessors());
    }

    /** The same with another security. */
    public GatewayOptions with(EdgeSecurity other) {
        return new GatewayOptions(
                hosts, maxHeadBytes, maxLineBytes, firstHeadMillis, idleMillis, eventLoops, other, clients);
    }

    /** The same with other rules for clients. */
    public GatewayOptions with(ClientRules rules) {
        return new GatewayOptions(
                hosts, maxHeadBytes, maxLineBytes, firstHeadMillis, idleMillis, eventLoops, security, rules);
    }
}
