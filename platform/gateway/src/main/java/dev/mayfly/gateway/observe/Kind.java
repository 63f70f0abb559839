package dev.mayfly.gateway.observe;

import java.util.Locale;

/** What a request came to. */
public enum Kind {
    FUNCTION,
    FILE,
    MANAGEMENT,
    /** The edge itself answered: nothing is there, or it was no request. */
    EDGE;

    private final String label = name().toLowerCase(Locale.ROOT);

    public String label() {
        return label;
    }
}
