package dev.mayfly.model;

/**
 * How a worker gets at the user's code.
 *
 * @param kind what is at {@code symbol}
 * @param file path of the source file, relative to the code root, with {@code /}
 * @param symbol name bound at the top level of {@code file}; empty for {@link Kind#SCRIPT}
 */
public record Entrypoint(Kind kind, String file, String symbol) {
    /** The kinds of entrypoint a worker knows. */
    public enum Kind {
        /** A subclass of {@code http.server.BaseHTTPRequestHandler}. */
        HANDLER,
        /** A WSGI or ASGI application; the worker finds out which. */
        APP,
        /** A file that starts its own server when run. */
        SCRIPT
    }
}
