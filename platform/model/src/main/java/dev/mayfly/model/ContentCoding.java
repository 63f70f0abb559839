package dev.mayfly.model;

import java.util.Locale;

/** How a content may be compressed on its way (RFC 9110, section 8.4.1): Brotli (RFC 7932), Zstandard (RFC 8878, RFC 9659) and gzip (RFC 1952). */
public enum ContentCoding {
    BR,
    ZSTD,
    GZIP;

    /** As HTTP writes it. */
    public String token() {
        return name().toLowerCase(Locale.ROOT);
    }
}
