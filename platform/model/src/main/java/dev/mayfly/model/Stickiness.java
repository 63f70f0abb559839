package dev.mayfly.model;

import java.util.Locale;
import java.util.regex.Pattern;

/** By what an alias that points to several deployments knows a client again, to lead it where it was before. */
public sealed interface Stickiness {
    /** Not at all. */
    record None() implements Stickiness {
        @Override
        public String toString() {
            return "none";
        }
    }

    /** By a cookie that the edge gives it. */
    record Cookie() implements Stickiness {
        @Override
        public String toString() {
            return "cookie";
        }
    }

    /**
     * By a header that it sends.
     *
     * @param name in lower case
     */
    record Header(String name) implements Stickiness {
        private static final Pattern TOKEN =
                Pattern.compile("[!#$%&'*+.^_`|~0-9a-z-]{1,64}"); // RFC 9110, section 5.6.2

        public Header {
            if (!TOKEN.matcher(name).matches()) {
                throw bad(PREFIX + name);
            }
        }

        @Override
        public String toString() {
            return PREFIX + name;
        }
    }

    String PREFIX = "header:";

    /** Reads what {@code toString} writes. */
    static Stickiness parse(String text) {
        var lower = text.toLowerCase(Locale.ROOT);
        if (lower.startsWith(PREFIX)) {
            return new Header(lower.substring(PREFIX.length()));
        }
        return switch (lower) {
            case "none" -> new None();
            case "cookie" -> new Cookie();
            default -> throw bad(text);
        };
    }

    private static IllegalArgumentException bad(String text) {
        var shown = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return new IllegalArgumentException(
                "sticky: " + shown + " (expected: none, cookie, or header:NAME, as in header:x-user)");
    }
}
