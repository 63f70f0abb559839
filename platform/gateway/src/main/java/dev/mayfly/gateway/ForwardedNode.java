package dev.mayfly.gateway;

import org.jspecify.annotations.Nullable;

/**
 * One name in a chain of proxies: an address, with or without a port (RFC 7239, section 6, and what proxies write into {@code X-Forwarded-For}).
 * {@code unknown} and names beginning with an underscore hide an address, so they are none.
 */
final class ForwardedNode {
    private ForwardedNode() {}

    /** Null when it tells no address. */
    static @Nullable IpAddress address(String node) {
        if (node.startsWith("[")) {
            int end = node.indexOf(']');
            if (end < 0 || !isPort(node, end + 1)) {
                return null;
            }
            var inner = node.substring(1, end);
            return inner.indexOf(':') < 0 ? null : IpAddress.parse(inner);
        }
        int colon = node.indexOf(':');
        if (colon < 0 || node.indexOf(':', colon + 1) >= 0) {
            return IpAddress.parse(node); // one of version 6 may stand there without brackets, and then without a port
        }
        return isPort(node, colon) ? IpAddress.parse(node.substring(0, colon)) : null;
    }

    /** Nothing from {@code start} on, or a colon with a port, which may be hidden too. */
    private static boolean isPort(String node, int start) {
        if (start == node.length()) {
            return true;
        }
        if (node.charAt(start) != ':' || start + 1 == node.length()) {
            return false;
        }
        if (node.charAt(start + 1) == '_') {
            return true;
        }
        for (int i = start + 1; i < node.length(); i++) {
            if (node.charAt(i) < '0' || node.charAt(i) > '9') {
                return false;
            }
        }
        return node.length() - start <= 6;
    }
}
