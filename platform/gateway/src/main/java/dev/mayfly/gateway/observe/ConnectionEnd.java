package dev.mayfly.gateway.observe;

import java.util.Locale;

/** Why a connection of a client was closed. */
public enum ConnectionEnd {
    /** The client closed it, or it was to be closed after its last answer. */
    ORDINARY,
    /** It was kept without a request for too long. */
    IDLE,
    /** No whole head came in time. */
    HEAD_TIMEOUT,
    /** A request line or head that is too long. */
    TOO_LARGE,
    /** What came is not HTTP. */
    PROTOCOL_ERROR,
    /** HTTP/2 frames that cost much and ask for nothing: resets, pings, settings, continuations. */
    FLOOD,
    /** Too many connections of one instance, or one that claims to be an instance and is none. */
    REFUSED;

    private final String label = name().toLowerCase(Locale.ROOT);

    public String label() {
        return label;
    }
}
