package dev.mayfly.model;

/** What a worker turned out to serve, reported when it is ready; decides how many requests an instance takes unless that is set. */
public enum ServingMode {
    HANDLER(1),
    WSGI(8),
    ASGI(50),
    SCRIPT(1),
    /** A program of any language that listens on {@code $PORT}. */
    PROVIDED(80);

    private final int concurrency;

    ServingMode(int concurrency) {
        this.concurrency = concurrency;
    }

    /**
     * Whether a connection may carry one request after the other. Servers that the user brings may handle one connection at a time, and would
     * never come back from an idle one: they get a connection for each request.
     */
    public boolean keepsAlive() {
        return this != SCRIPT && this != PROVIDED;
    }

    /** Requests at a time that one instance takes by default (DESIGN.md section 5). */
    public int defaultConcurrency() {
        return concurrency;
    }
}
