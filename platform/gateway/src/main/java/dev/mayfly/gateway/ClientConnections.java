package dev.mayfly.gateway;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections are open, in all and of each client. One for all event loops; each method is one atomic step. A client is known only as long as
 * it has a connection, so there are never more of them here than connections.
 */
final class ClientConnections {
    private final int most;
    private final int mostOfOne;
    private final AtomicInteger all = new AtomicInteger();
    private final Map<Long, Integer> byClient = new ConcurrentHashMap<>();

    ClientConnections(int most, int mostOfOne) {
        this.most = most;
        this.mostOfOne = mostOfOne;
    }

    /** Whether there is room for one more of anybody; if so, it is to {@link #close}. */
    boolean open() {
        if (all.incrementAndGet() > most) {
            all.decrementAndGet();
            return false;
        }
        return true;
    }

    void close() {
        all.decrementAndGet();
    }

    /** Whether this client may have one more; if so, it is to {@link #leave}. */
    boolean enter(long client) {
        if (mostOfOne == 0) {
            return true;
        }
        if (byClient.merge(client, 1, Integer::sum) > mostOfOne) {
            leave(client);
            return false;
        }
        return true;
    }

    void leave(long client) {
        byClient.computeIfPresent(client, (same, count) -> count == 1 ? null : count - 1);
    }

    int open(long client) {
        return byClient.getOrDefault(client, 0);
    }

    int clients() {
        return byClient.size();
    }

    int all() {
        return all.get();
    }
}
