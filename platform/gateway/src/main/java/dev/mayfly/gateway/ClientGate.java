package dev.mayfly.gateway;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.IdentityHashMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Who the client of a request is, and whether it takes too much. One for every event loop; what clients have in all is counted in one place for all. */
final class ClientGate {
    private static final IpAddress UNKNOWN = new IpAddress(0, 0);
    private static final Problem TOO_OFTEN = new Problem(
            ErrorCode.TOO_MANY_REQUESTS,
            "this client asks more often than one client may",
            "wait as long as Retry-After says, or have the operator set --client-requests");

    private final ClientRules rules;
    private final ForwardedBy forwarded;
    private final @Nullable ClientRequests requests;
    private final IdentityHashMap<HttpConnection, Peer> peers = new IdentityHashMap<>();

    /**
     * Why a request is not answered.
     *
     * @param retryAfter seconds; 0: no use in that
     * @param last whether its connection is closed too
     */
    record Refusal(Problem problem, int retryAfter, boolean last) {
        /** In HTTP/1 whoever cannot be understood once cannot be understood from there on. */
        static Refusal malformed(HttpServerRequest request, Problem problem) {
            return new Refusal(problem, 0, request.version() != HttpVersion.HTTP_2);
        }
    }

    private record Peer(Client client, boolean admitted, boolean shut) {}

    /** @param requests of all loops; null: anybody may ask as often as they like */
    ClientGate(ClientRules rules, @Nullable ClientRequests requests) {
        this.rules = rules;
        this.forwarded = new ForwardedBy(rules.trustedProxies());
        this.requests = requests;
    }

    /** @param admitted whether its client may have one more */
    void opened(HttpConnection connection, boolean admitted) {
        peers.put(connection, new Peer(peer(connection), admitted, false));
    }

    /** Answers nothing more on a connection that is about to be closed: more requests may have come with the one that was the last. */
    void shut(HttpConnection connection) {
        var peer = peers.get(connection);
        if (peer != null) {
            peers.put(connection, new Peer(peer.client(), peer.admitted(), true));
        }
    }

    boolean isShut(HttpConnection connection) {
        var peer = peers.get(connection);
        return peer != null && peer.shut();
    }

    void closed(HttpConnection connection) {
        peers.remove(connection);
    }

    /** The same for every request of a connection, but for what trusted proxies say. */
    Client client(HttpServerRequest request) {
        var known = peers.get(request.connection());
        var peer = known == null ? peer(request.connection()) : known.client();
        return rules.trustedProxies().isEmpty() ? peer : forwarded.client(peer, request.headers());
    }

    /** Null: it is welcome. */
    @Nullable Refusal refusal(HttpServerRequest request, Client client) {
        var peer = peers.get(request.connection());
        if (peer != null && !peer.admitted()) {
            return new Refusal(RefusedConnections.TOO_MANY, 1, true);
        }
        if (!Framing.isPlain(request)) {
            return Refusal.malformed(request, NotServed.BAD_FRAMING);
        }
        if (tooManyHeaders(request)) {
            return new Refusal(NotServed.tooManyHeaders(rules.maxHeaders()), 0, false);
        }
        if (requests == null || !rules.limits(client.address())) {
            return null;
        }
        long nanos = requests.take(client.address().client(), System.nanoTime());
        return nanos == 0 ? null : new Refusal(TOO_OFTEN, (int) Math.ceilDiv(nanos, 1_000_000_000L), false);
    }

    /** HTTP/2 may send each cookie as a header of its own; together they are one (RFC 9113, section 8.2.3). */
    private boolean tooManyHeaders(HttpServerRequest request) {
        boolean http2 = request.version() == HttpVersion.HTTP_2;
        int count = 0;
        for (var header : request.headers()) {
            if (!http2 || !HttpHeaders.COOKIE.toString().equalsIgnoreCase(header.getKey())) {
                count++;
            }
        }
        return count > rules.maxHeaders();
    }

    private static Client peer(HttpConnection connection) {
        var address = IpAddress.of(connection.remoteAddress());
        var real = address == null ? IpAddress.of(connection.remoteAddress(true)) : address;
        return Client.direct(Objects.requireNonNullElse(real, UNKNOWN), connection.isSsl());
    }
}
