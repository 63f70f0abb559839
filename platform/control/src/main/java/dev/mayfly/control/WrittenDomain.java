package dev.mayfly.control;

import dev.mayfly.model.DomainName;
import java.net.IDN;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads domains as people write them: in any case, with or without a final dot, in any script. */
final class WrittenDomain {
    /** Letters that browsers and {@link IDN} read as different names. */
    private static final Pattern AMBIGUOUS = Pattern.compile("[ßẞς\u200C\u200D]");

    private WrittenDomain() {}

    /** @throws IllegalArgumentException saying what was expected */
    static DomainName parse(String text) {
        var plain = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        if (plain.startsWith("*.")) {
            throw bad(text, "a whole name; wildcards are not supported, so add each name");
        }
        if (plain.indexOf(':') >= 0 || plain.indexOf('/') >= 0) {
            throw bad(text, "a host name without scheme, port and path, and no address");
        }
        if (AMBIGUOUS.matcher(plain).find()) {
            throw bad(text, "its xn-- form, because one of its letters is read in two ways");
        }
        return DomainName.of(ascii(plain), text);
    }

    /** What cannot be had in ASCII is left as it is, for {@link DomainName} to refuse. */
    private static String ascii(String plain) {
        if (plain.length() > DomainName.LONGEST) {
            return plain;
        }
        try {
            return IDN.toASCII(plain, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            return plain;
        }
    }

    private static IllegalArgumentException bad(String text, String expected) {
        var told = text.length() <= DomainName.LONGEST ? text : text.substring(0, 40) + "…";
        return new IllegalArgumentException("domain: " + told + " (expected: " + expected + ")");
    }
}
