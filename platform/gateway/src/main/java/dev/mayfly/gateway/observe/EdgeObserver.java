package dev.mayfly.gateway.observe;

/** Is told of each request at its end, once, on the event loop that served it. Must not block. */
public interface EdgeObserver {
    /** Sees nothing. */
    EdgeObserver NONE = new EdgeObserver() {
        @Override
        public boolean wants(int status) {
            return false;
        }

        @Override
        public void served(Served served) {
            // nobody asked
        }
    };

    /** Whether to tell of a request with this status: what is not wanted is not even put together. */
    boolean wants(int status);

    void served(Served served);
}
