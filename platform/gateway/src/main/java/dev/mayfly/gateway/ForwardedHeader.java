package dev.mayfly.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The header {@code Forwarded} (RFC 7239, section 4). One mistake anywhere and nothing of it is believed. */
final class ForwardedHeader {
    private final String text;
    private int at;

    /**
     * What one proxy says; null: nothing.
     *
     * @param node of {@code for}, as it stands
     */
    record Element(@Nullable String node, @Nullable String proto) {}

    private ForwardedHeader(String text) {
        this.text = text;
    }

    /** The elements in their order, nearest proxy last; empty when these are no values of that header. */
    static List<Element> parse(List<String> values) {
        var elements = new ArrayList<Element>();
        for (var value : values) {
            if (!new ForwardedHeader(value).read(elements)) {
                return List.of();
            }
        }
        return elements;
    }

    private boolean read(List<Element> elements) {
        while (true) {
            skipSpace();
            if (!element(elements)) {
                return false;
            }
            if (at == text.length()) {
                return true;
            }
            at++; // the comma
        }
    }

    private boolean element(List<Element> elements) {
        String node = null;
        String proto = null;
        while (true) {
            var name = token().toLowerCase(Locale.ROOT);
            if (name.isEmpty() || !next('=')) {
                return false;
            }
            var value = at < text.length() && text.charAt(at) == '"' ? quoted() : token();
            if (value == null || value.isEmpty()) {
                return false;
            }
            if (name.equals("for")) {
                if (node != null) {
                    return false;
                }
                node = value;
            } else if (name.equals("proto")) {
                if (proto != null) {
                    return false;
                }
                proto = value;
            }
            skipSpace();
            if (at == text.length() || text.charAt(at) == ',') {
                elements.add(new Element(node, proto));
                return true;
            }
            if (!next(';')) {
                return false;
            }
            skipSpace();
        }
    }

    private String token() {
        int start = at;
        while (at < text.length() && isTokenCharacter(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    private @Nullable String quoted() {
        var value = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return value.toString();
            }
            if (c == '\\') {
                if (at == text.length()) {
                    return null;
                }
                c = text.charAt(at++);
            }
            value.append(c);
        }
        return null;
    }

    private boolean next(char wanted) {
        if (at < text.length() && text.charAt(at) == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
    }

    /** RFC 9110, section 5.6.2. */
    private static boolean isTokenCharacter(char c) {
        return c > ' ' && c < 0x7F && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0;
    }
}
