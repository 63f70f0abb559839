package dev.mayfly.gateway;

/**
 * What somebody else wrote, for a page or a terminal that shows it: whatever would act there instead of being shown is a dot. That is control
 * characters but for line breaks and tabs, and those that change the order in which text is read (Unicode Standard Annex 9).
 */
final class Printable {
    private static final char DOT = '\u00b7';
    private static final char NO_CHARACTER = '\ufffd';

    private Printable() {}

    /** One or more lines. */
    static String lines(String text) {
        var out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.appendCodePoint(c == '\n' || c == '\t' ? c : shown(c)));
        return out.toString();
    }

    /** One line, whatever it is. */
    static String line(String text) {
        var out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.appendCodePoint(shown(c)));
        return out.toString();
    }

    /** Half of a character is none. */
    static int whole(int c) {
        return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? NO_CHARACTER : c;
    }

    static boolean acts(int c) {
        return Character.isISOControl(c) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    }

    private static int shown(int c) {
        return acts(c) ? DOT : whole(c);
    }
}
