package dev.mayfly.model;

/** What a worker turned out to serve, reported when it is ready; decides how many requests an instance takes unless that is set. */
public enum ServingMode {
    HANDLER(1),
    WSGI(8),
    ASGI(50),
    SCRIPT(1);

    private final int concurrency;

    ServingMode(int concurrency) {
        this.concurrency = concurrency;
    }

    /** Requests at a time that one instance takes by default (DESIGN.md section 5). */
    public int defaultConcurrency() {
        return concurrency;
    }
}
