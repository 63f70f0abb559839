package dev.mayfly.model;

import java.util.Locale;
import java.util.Set;

/**
 * Which contents get smaller when they are compressed: text, and what is written like it. Pictures, films and archives are compressed already. A stream
 * of events is text, but each event is to be seen when it is sent, so it is none of these; nor is gRPC, which compresses each message by itself.
 */
public final class Compressible {
    private static final Set<String> TYPES = Set.of(
            "application/javascript",
            "application/json",
            "application/manifest+json",
            "application/rtf",
            "application/vnd.apple.mpegurl",
            "application/vnd.ms-fontobject",
            "application/wasm",
            "application/x-javascript",
            "application/x-ndjson",
            "application/x-yaml",
            "application/xml",
            "application/yaml",
            "font/otf",
            "font/ttf",
            "image/bmp",
            "image/vnd.microsoft.icon",
            "image/x-icon");

    private Compressible() {}

    /** Whether a content of this type is one, parameters or not. */
    public static boolean is(String contentType) {
        int semicolon = contentType.indexOf(';');
        var type = (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        if (type.startsWith("text/")) {
            return !type.equals("text/event-stream");
        }
        return TYPES.contains(type)
                || ((type.endsWith("+json") || type.endsWith("+xml")) && !type.startsWith("application/grpc"));
    }
}
