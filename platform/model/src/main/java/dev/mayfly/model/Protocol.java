package dev.mayfly.model;

import java.util.Arrays;
import java.util.Locale;

/** What an instance speaks with whoever brings it requests. */
public enum Protocol {
    /** HTTP/1.1. */
    HTTP1,
    /** HTTP/2 in clear text, by prior knowledge (RFC 9113, section 3.3), as servers of gRPC do. */
    H2C;

    /** As it is written: {@code http1} or {@code h2c}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming the words */
    public static Protocol parse(String text) {
        return Arrays.stream(values())
                .filter(each -> each.toString().equals(text.strip()))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("protocol: " + text.strip() + " (expected: http1 or h2c)"));
    }
}
