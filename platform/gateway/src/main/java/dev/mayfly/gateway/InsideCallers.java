package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who is connected to the face for callers from inside, and what they are told where they may not go. One for all event loops, so that the bound
 * is one for each instance; every method is safe on any of them.
 */
final class InsideCallers {
    /** Connections of one instance at a time: it cannot use up what the server has for all. */
    static final int MOST_CONNECTIONS = 1024;

    static final Problem NO_MANAGEMENT = new Problem(
            ErrorCode.FORBIDDEN,
            "the management API does not answer from inside a function",
            "call it from outside; a function reaches other functions at their own URLs");

    private final Map<String, Integer> connections = new ConcurrentHashMap<>();
    /** With the address that each came from, which is not to be had of a closed one. */
    private final Map<HttpConnection, String> admitted = new ConcurrentHashMap<>();

    /** Whether a fresh connection is what the network of a sandbox carries here, and not one too many; otherwise it is to be closed. */
    boolean admit(HttpConnection connection) {
        var from = connection.remoteAddress();
        if (!plausible(from, connection.localAddress())) {
            return false;
        }
        var address = from.hostAddress();
        if (connections.merge(address, 1, Integer::sum) > MOST_CONNECTIONS) {
            leave(address);
            return false;
        }
        admitted.put(connection, address);
        return true;
    }

    /** Whether requests on it are answered: what came in one packet with the line is read before a refused connection is closed. */
    boolean admits(HttpConnection connection) {
        return admitted.containsKey(connection);
    }

    void closed(HttpConnection connection) {
        var address = admitted.remove(connection);
        if (address != null) {
            leave(address);
        }
    }

    static Caller caller(SocketAddress from) {
        return new Caller.Inside(from.hostAddress());
    }

    private void leave(String address) {
        connections.computeIfPresent(address, (same, count) -> count == 1 ? null : count - 1);
    }

    private static boolean plausible(@Nullable SocketAddress from, @Nullable SocketAddress to) {
        return from != null
                && to != null
                && from.isInetSocket()
                && to.isInetSocket()
                && from.port() > 0
                && to.port() > 0
                && isSandbox(from.hostAddress())
                && to.hostAddress().equals("127.0.0.1");
    }

    /** Sandboxes have addresses of 198.18.0.0/15 (RFC 2544: never on the internet, and in no private network). */
    private static boolean isSandbox(String address) {
        return address.startsWith("198.18.") || address.startsWith("198.19.");
    }
}
