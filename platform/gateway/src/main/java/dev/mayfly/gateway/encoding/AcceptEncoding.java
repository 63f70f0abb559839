package dev.mayfly.gateway.encoding;

import dev.mayfly.model.ContentCoding;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a client can read besides the content as it is (RFC 9110, section 12.5.3), in thousandths; -1: not said. Elements that are none are skipped. Of
 * a coding that is named twice the last counts.
 */
public final class AcceptEncoding {
    /** Of a client that says nothing. */
    private static final AcceptEncoding NOTHING_SAID = new AcceptEncoding(List.of());

    private static final int NOT_SAID = -1;
    private static final int MOST = 1000;

    private int br = NOT_SAID;
    private int zstd = NOT_SAID;
    private int gzip = NOT_SAID;
    private int identity = NOT_SAID;
    private int others = NOT_SAID;

    private AcceptEncoding(List<String> headers) {
        for (var header : headers) {
            int start = 0;
            while (start <= header.length()) {
                int comma = header.indexOf(',', start);
                int end = comma < 0 ? header.length() : comma;
                element(header.substring(start, end));
                start = end + 1;
            }
        }
    }

    /** @param headers all of that name, in their order */
    public static AcceptEncoding of(List<String> headers) {
        return headers.isEmpty() ? NOTHING_SAID : new AcceptEncoding(headers);
    }

    /**
     * The form that the client likes best of those; among equals the first. Null: the content as it is, which it likes better or is all that is left.
     *
     * @param available best first
     * @param coding of a form
     */
    public <T> @Nullable T best(Iterable<T> available, Function<T, ContentCoding> coding) {
        T best = null;
        int most = 0;
        for (var form : available) {
            int quality = quality(coding.apply(form));
            if (quality > most) {
                most = quality;
                best = form;
            }
        }
        return most >= identity ? best : null;
    }

    /** Whether the client can read the content as it is. */
    public boolean takesIdentity() {
        return identity == NOT_SAID ? others != 0 : identity > 0;
    }

    public boolean takes(ContentCoding coding) {
        return quality(coding) > 0;
    }

    private int quality(ContentCoding coding) {
        int said = switch (coding) {
            case BR -> br;
            case ZSTD -> zstd;
            case GZIP -> gzip;
        };
        return said == NOT_SAID ? others : said;
    }

    private void element(String element) {
        int semicolon = element.indexOf(';');
        var name = (semicolon < 0 ? element : element.substring(0, semicolon)).strip();
        int quality = semicolon < 0 ? MOST : quality(element.substring(semicolon + 1));
        if (quality == NOT_SAID) {
            return;
        }
        switch (name.toLowerCase(Locale.ROOT)) {
            case "br" -> br = quality;
            case "zstd" -> zstd = quality;
            case "gzip", "x-gzip" -> gzip = quality;
            case "identity" -> identity = quality;
            case "*" -> others = quality;
            default -> {} // nothing that is served here
        }
    }

    /** A weight (section 12.4.2): {@code q=} and a number from 0 to 1 with at most three digits after its point. */
    private static int quality(String parameter) {
        var text = parameter.strip();
        if (text.length() < 3 || text.length() > 7 || (text.charAt(0) | 0x20) != 'q' || text.charAt(1) != '=') {
            return NOT_SAID;
        }
        char whole = text.charAt(2);
        if ((whole != '0' && whole != '1') || (text.length() > 3 && text.charAt(3) != '.')) {
            return NOT_SAID;
        }
        int quality = (whole - '0') * MOST;
        for (int i = 4, unit = MOST / 10; i < text.length(); i++, unit /= 10) {
            char digit = text.charAt(i);
            if (digit < '0' || digit > '9') {
                return NOT_SAID;
            }
            quality += (digit - '0') * unit;
        }
        return quality > MOST ? NOT_SAID : quality;
    }
}
