package dev.mayfly.gateway;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A host name or address with an optional port, as in the Host header (RFC 9110, section 7.2).
 *
 * @param host lower case, without a final dot; addresses of version 6 in brackets
 * @param port -1: not said
 */
record Authority(String host, int port) {
    private static final Pattern SHAPE =
            Pattern.compile("([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\\[[0-9A-Fa-f:.]{2,45}])(?::(\\d{0,5}))?");

    static Optional<Authority> parse(String text) {
        var matcher = SHAPE.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var host = matcher.group(1).toLowerCase(Locale.ROOT);
        var digits = matcher.group(2);
        int port = digits == null || digits.isEmpty() ? -1 : Integer.parseInt(digits);
        if (port > 65535) {
            return Optional.empty();
        }
        return Optional.of(new Authority(host.endsWith(".") ? host.substring(0, host.length() - 1) : host, port));
    }

    int portOr(int absent) {
        return port < 0 ? absent : port;
    }
}
