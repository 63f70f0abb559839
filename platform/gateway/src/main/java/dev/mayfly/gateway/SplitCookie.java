package dev.mayfly.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.HexFormat;
import java.util.OptionalLong;

/**
 * The cookie by which a client stays with a deployment: the client's point on the circle of {@link Split}. It is no secret and names nobody; ports of
 * one host share it (RFC 6265, section 8.5), which does no harm. It lasts until the browser is closed.
 */
final class SplitCookie {
    static final String NAME = "mayfly-split";

    private static final String START = NAME + "=";
    private static final int DIGITS = 16;

    private SplitCookie() {}

    /** What the client was given; empty: nothing, or what it sends is none. */
    static OptionalLong read(MultiMap headers) {
        for (var line : headers.getAll(HttpHeaders.COOKIE)) {
            for (int at = line.indexOf(START); at >= 0; at = line.indexOf(START, at + 1)) {
                int from = at + START.length();
                int end = from + DIGITS;
                boolean begins = at == 0 || line.charAt(at - 1) == ' ' || line.charAt(at - 1) == ';';
                if (begins && isHex(line, from, end) && (end == line.length() || line.charAt(end) == ';')) {
                    return OptionalLong.of(HexFormat.fromHexDigitsToLong(line, from, end));
                }
            }
        }
        return OptionalLong.empty();
    }

    static void give(MultiMap headers, long point, boolean secure) {
        headers.add(
                HttpHeaders.SET_COOKIE,
                START + HexFormat.of().toHexDigits(point) + "; Path=/; HttpOnly; SameSite=Lax"
                        + (secure ? "; Secure" : ""));
    }

    private static boolean isHex(String text, int from, int end) {
        if (end > text.length()) {
            return false;
        }
        for (int i = from; i < end; i++) {
            if (!HexFormat.isHexDigit(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
