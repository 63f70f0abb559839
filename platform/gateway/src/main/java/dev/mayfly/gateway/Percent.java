package dev.mayfly.gateway;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Percent-encoding (RFC 3986, section 2.1), strict in both directions. */
final class Percent {
    private static final String HEX = "0123456789ABCDEF";
    private static final String UNRESERVED = "-._~";

    private Percent() {}

    /** The text that {@code raw} encodes; null when it encodes none: a broken escape, or bytes that are not UTF-8. */
    static @Nullable String decode(String raw) {
        int mark = raw.indexOf('%');
        if (mark < 0) {
            return raw;
        }
        var source = raw.getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(source.length);
        for (int i = 0; i < source.length; i++) {
            if (source[i] != '%') {
                bytes.put(source[i]);
                continue;
            }
            if (i + 2 >= source.length) {
                return null;
            }
            int high = Character.digit(source[i + 1], 16);
            int low = Character.digit(source[i + 2], 16);
            if (high < 0 || low < 0) {
                return null;
            }
            bytes.put((byte) (high << 4 | low));
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    static String encode(String text) {
        var encoded = new StringBuilder(text.length() + 8);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if ((c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || UNRESERVED.indexOf(c) >= 0) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
            }
        }
        return encoded.toString();
    }

    /** A head's text, in which each byte is a character, with those escaped that are not ASCII. */
    static String encodeBytes(String text) {
        int first = 0;
        while (first < text.length() && text.charAt(first) < 0x80) {
            first++;
        }
        if (first == text.length()) {
            return text;
        }
        var encoded = new StringBuilder(text.length() + 16).append(text, 0, first);
        for (int i = first; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HEX.charAt(c >> 4 & 15)).append(HEX.charAt(c & 15));
            }
        }
        return encoded.toString();
    }
}
