package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Who may connect to the face for callers from inside, and what they are told where they may not go. */
final class InsideCallers {
    static final Problem NO_MANAGEMENT = new Problem(
            ErrorCode.FORBIDDEN,
            "the management API does not answer from inside a function",
            "call it from outside; a function reaches other functions at their own URLs");

    private InsideCallers() {}

    /** Whether a connection may be what the network part of a provider carries here: from a sandbox, to a loopback port. */
    static boolean admits(@Nullable SocketAddress from, @Nullable SocketAddress to) {
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

    static Caller caller(SocketAddress from) {
        return new Caller.Inside(from.hostAddress());
    }
}
