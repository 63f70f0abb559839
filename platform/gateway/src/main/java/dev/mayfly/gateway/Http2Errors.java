package dev.mayfly.gateway;

/** What a stream of HTTP/2 is reset with (RFC 9113, section 7); a connection of HTTP/1.1 is closed instead. */
final class Http2Errors {
    /** An answer that is not whole. */
    static final long INTERNAL_ERROR = 2;

    /** A body that nobody reads any longer. */
    static final long CANCEL = 8;

    private Http2Errors() {}
}
