package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.gateway.observe.EdgeObserver;
import io.vertx.core.http.HttpServerRequest;
import java.time.Clock;
import java.util.IdentityHashMap;

/** Requests under way on one event loop, as observers see them. */
final class Exchanges {
    private final IdentityHashMap<HttpServerRequest, Exchange> open = new IdentityHashMap<>();
    private final EdgeCounts counts;
    private final EdgeObserver observer;
    private final Clock clock;

    Exchanges(EdgeCounts counts, EdgeObserver observer, Clock clock) {
        this.counts = counts;
        this.observer = observer;
        this.clock = clock;
    }

    /** Once for each request, before anything answers it. */
    Exchange begin(HttpServerRequest request, Client client) {
        var exchange = new Exchange(this, request, client, clock.millis(), System.nanoTime());
        open.put(request, exchange);
        return exchange;
    }

    /** The one of {@code request}; where that is over already, one that nobody sees. */
    Exchange of(HttpServerRequest request) {
        var exchange = open.get(request);
        return exchange == null ? new Exchange(this, request, Client.UNKNOWN, 0, 0) : exchange;
    }

    void ended(HttpServerRequest request) {
        open.remove(request);
    }

    EdgeCounts counts() {
        return counts;
    }

    EdgeObserver observer() {
        return observer;
    }
}
