package dev.mayfly.gateway;

import java.util.Locale;
import java.util.Optional;

/**
 * A host name or address with an optional port, as in the Host header (RFC 9110, section 7.2).
 *
 * @param host lower case, without a final dot; addresses of version 6 in brackets
 * @param port -1: not said
 */
record Authority(String host, int port) {
    private static final int BAD = -2;
    private static final int LONGEST_NAME = 253;
    private static final int LONGEST_ADDRESS = 45;
    private static final int LONGEST_PORT = 5;

    /** By hand, because this is done for every request. */
    static Optional<Authority> parse(String text) {
        int end = text.startsWith("[") ? endOfAddress(text) : endOfName(text);
        int port = end < 0 ? BAD : port(text, end);
        if (port == BAD) {
            return Optional.empty();
        }
        var host = text.substring(0, end).toLowerCase(Locale.ROOT);
        return Optional.of(new Authority(host.endsWith(".") ? host.substring(0, host.length() - 1) : host, port));
    }

    /** Of letters, digits, dots, dashes and underscores, the first one a letter or digit; -1: it is none. */
    private static int endOfName(String text) {
        int end = 0;
        while (end < text.length() && isOfName(text.charAt(end), end == 0)) {
            end++;
        }
        return end == 0 || end > LONGEST_NAME ? -1 : end;
    }

    private static boolean isOfName(char c, boolean first) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || (!first && (c == '.' || c == '-' || c == '_'));
    }

    /** Of version 6, in brackets; -1: it is none. */
    private static int endOfAddress(String text) {
        int close = text.indexOf(']');
        if (close < 3 || close > LONGEST_ADDRESS + 1) {
            return -1;
        }
        for (int i = 1; i < close; i++) {
            char c = text.charAt(i);
            if (c != ':' && c != '.' && (c > 'f' || Character.digit(c, 16) < 0)) {
                return -1;
            }
        }
        return close + 1;
    }

    /** What follows the host; -1: nothing, or a colon alone. */
    private static int port(String text, int end) {
        int digits = text.length() - end - 1;
        if (digits <= 0) {
            return digits < 0 || text.charAt(end) == ':' ? -1 : BAD;
        }
        if (text.charAt(end) != ':' || digits > LONGEST_PORT) {
            return BAD;
        }
        int port = 0;
        for (int i = end + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return BAD;
            }
            port = port * 10 + c - '0';
        }
        return port > 65535 ? BAD : port;
    }

    int portOr(int absent) {
        return port < 0 ? absent : port;
    }
}
