package dev.mayfly.gateway;

import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds the client behind trusted proxies. Each proxy appends whom it saw, so the chain is read from its end: what a trusted proxy says is believed, and
 * the first address that is no trusted proxy is the client; what stands before it may be anybody's invention. {@code X-Forwarded-For} wins over
 * {@code Forwarded}: nearly every proxy appends to the former, and passes on untouched what a client wrote into the latter.
 */
record ForwardedBy(AddressRanges trusted) {
    /** @param peer the other end of the connection */
    Client client(Client peer, MultiMap headers) {
        if (!trusted.contains(peer.address())) {
            return peer;
        }
        var chain = headers.getAll("x-forwarded-for");
        if (!chain.isEmpty()) {
            return byAddresses(peer, chain, secure(headers, peer.secure()));
        }
        var forwarded = headers.getAll("forwarded");
        if (!forwarded.isEmpty()) {
            return byElements(peer, ForwardedHeader.parse(forwarded), secure(headers, peer.secure()));
        }
        return new Client(peer.address(), secure(headers, peer.secure()), peer.chain());
    }

    private Client byAddresses(Client peer, List<String> values, boolean secure) {
        var hops = new ArrayList<IpAddress>(4);
        for (int i = values.size() - 1; i >= 0; i--) {
            var value = values.get(i);
            int end = value.length();
            while (end >= 0) {
                int comma = value.lastIndexOf(',', end - 1);
                if (!add(
                        hops,
                        ForwardedNode.address(value.substring(comma + 1, end).strip()))) {
                    return client(peer, hops, secure);
                }
                end = comma;
            }
        }
        return client(peer, hops, secure);
    }

    private Client byElements(Client peer, List<ForwardedHeader.Element> elements, boolean otherwise) {
        var hops = new ArrayList<IpAddress>(4);
        boolean secure = otherwise;
        for (int i = elements.size() - 1; i >= 0; i--) {
            var element = elements.get(i);
            int before = hops.size();
            boolean further = add(hops, element.node() == null ? null : ForwardedNode.address(element.node()));
            if (hops.size() > before) {
                secure = secure(element.proto(), otherwise);
            }
            if (!further) {
                break;
            }
        }
        return client(peer, hops, secure);
    }

    /** Whether what stands before it is believed too. */
    private boolean add(List<IpAddress> hops, @Nullable IpAddress address) {
        if (address == null) {
            return false;
        }
        hops.add(address);
        return trusted.contains(address);
    }

    private static Client client(Client peer, List<IpAddress> hops, boolean secure) {
        if (hops.isEmpty()) {
            return new Client(peer.address(), secure, peer.chain());
        }
        var chain = new StringBuilder();
        for (int i = hops.size() - 1; i >= 0; i--) {
            chain.append(hops.get(i)).append(", ");
        }
        return new Client(hops.getLast(), secure, chain.append(peer.chain()).toString());
    }

    private static boolean secure(MultiMap headers, boolean otherwise) {
        var said = headers.getAll("x-forwarded-proto");
        return said.size() == 1 ? secure(said.getFirst(), otherwise) : otherwise;
    }

    /** Some proxies name the scheme of a WebSocket. */
    private static boolean secure(@Nullable String scheme, boolean otherwise) {
        return switch (scheme == null ? "" : scheme.toLowerCase(Locale.ROOT)) {
            case "https", "wss" -> true;
            case "http", "ws" -> false;
            default -> otherwise;
        };
    }
}
