package dev.mayfly.model;

/**
 * A path that leads to a function. Routes are tried in order; the first that matches wins.
 *
 * @param pattern {@code /api/hello} exactly; {@code [x]} as a whole segment matches one segment and adds the query parameter {@code x};
 *     {@code [...x]} as the last segment matches one or more; {@code /**} matches every path
 */
public record Route(String pattern, FunctionName function) {
    public static final String EVERYTHING = "/**";

    public Route {
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("route: " + pattern + " (expected: a path starting with '/')");
        }
    }
}
