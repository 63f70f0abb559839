package dev.mayfly.build.source;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a path of an upload has to look like. */
final class SourcePath {
    /** Linux: a whole path, and one name in it. */
    private static final int LONGEST = 4096;

    private static final int LONGEST_NAME = 255;

    private SourcePath() {}

    /** What is wrong with the path, to be said after it; empty when nothing is. */
    static Optional<String> fault(String path) {
        if (path.isEmpty()) {
            return Optional.of("is empty");
        }
        if (path.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
            return Optional.of("contains a control character");
        }
        int bytes = length(path);
        if (bytes < 0) {
            return Optional.of("is not valid Unicode");
        }
        if (bytes > LONGEST) {
            return Optional.of("is " + bytes + " bytes long (expected: at most " + LONGEST + ")");
        }
        if (path.startsWith("/")) {
            return Optional.of("is absolute (expected: relative to the project)");
        }
        for (String name : path.split("/", -1)) {
            if (name.isEmpty() || ".".equals(name)) {
                return Optional.of("is not normalised (expected: no empty or '.' segment)");
            }
            if ("..".equals(name)) {
                return Optional.of("leads out of the project through '..'");
            }
            if (length(name) > LONGEST_NAME) {
                return Optional.of("has a name of " + length(name) + " bytes (expected: at most " + LONGEST_NAME + ")");
            }
        }
        return Optional.empty();
    }

    /** The path with its control characters made visible, and shortened, for messages. */
    static String shown(String path) {
        var shown = new StringBuilder();
        path.codePoints().limit(200).forEach(c -> {
            if (c < 0x20 || c == 0x7f || (c >= 0xd800 && c <= 0xdfff)) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return path.length() > shown.length() ? shown + "…" : shown.toString();
    }

    private static int length(String text) {
        try {
            return StandardCharsets.UTF_8
                    .newEncoder()
                    .encode(CharBuffer.wrap(text))
                    .remaining();
        } catch (CharacterCodingException e) {
            return -1;
        }
    }
}
