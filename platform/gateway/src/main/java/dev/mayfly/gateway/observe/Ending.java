package dev.mayfly.gateway.observe;

import java.util.Locale;

/** How the answer to a request ended. */
public enum Ending {
    COMPLETE,
    /** The client left first, or its connection broke. */
    CLIENT_GONE,
    /** Broken off here after its head was sent: what should have followed never came. */
    CUT_OFF;

    private final String label = name().toLowerCase(Locale.ROOT);

    public String label() {
        return label;
    }
}
