package dev.mayfly.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.TreeMap;

/**
 * The requests of one function that wait: each with a deadline, and clients take turns, so that one who sends many delays itself and not the
 * others. The requests of one client keep their order. The pool's, under its lock.
 */
final class RequestQueue {
    /** The requests of one client. */
    private static final class Lane {
        private final String client;
        private final SequencedSet<Invocation> waiting = new LinkedHashSet<>(4);

        private Lane(String client) {
            this.client = client;
        }
    }

    private final long timeoutNanos;
    /** In order of arrival, which is the order of their deadlines: the timeout is the same for all. */
    private SequencedSet<Invocation> all = new LinkedHashSet<>();
    /** The lane of each client that has any. Whose turn it is comes first. */
    private SequencedMap<String, Lane> lanes = new LinkedHashMap<>();
    /** The same lanes by how many wait in each. */
    private TreeMap<Integer, SequencedSet<Lane>> bySize = new TreeMap<>();

    RequestQueue(long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
    }

    int size() {
        return all.size();
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    void add(Invocation invocation) {
        all.add(invocation);
        var lane = lanes.computeIfAbsent(client(invocation), Lane::new);
        lane.waiting.add(invocation);
        resized(lane, 1);
    }

    /** Takes the one whose turn it is. Not of an empty queue. */
    Invocation take() {
        var lane = lanes.firstEntry().getValue();
        var next = lane.waiting.getFirst();
        remove(next);
        if (!lane.waiting.isEmpty() && lanes.size() > 1) {
            lanes.putLast(lane.client, lane);
        }
        return next;
    }

    /** Takes one out that waits no longer. Whether it did. */
    boolean remove(Invocation invocation) {
        if (!all.remove(invocation)) {
            return false;
        }
        var lane = Objects.requireNonNull(lanes.get(client(invocation)));
        lane.waiting.remove(invocation);
        resized(lane, -1);
        if (lane.waiting.isEmpty()) {
            lanes.remove(lane.client);
        }
        return true;
    }

    /** It has {@code by} more than before. */
    private void resized(Lane lane, int by) {
        int size = lane.waiting.size();
        var before = bySize.get(size - by);
        if (before != null && before.remove(lane) && before.isEmpty()) {
            bySize.remove(size - by);
        }
        if (size > 0) {
            bySize.computeIfAbsent(size, of -> new LinkedHashSet<>(4)).add(lane);
        }
    }

    /**
     * Who is to give way to {@code newcomer} where there is no room for both: the last of the client that has most, if that is more than the
     * newcomer's client would then have.
     */
    Optional<Invocation> yielding(Invocation newcomer) {
        if (isEmpty()) {
            return Optional.empty();
        }
        var own = lanes.get(client(newcomer));
        int would = own == null ? 1 : own.waiting.size() + 1;
        var most = bySize.lastEntry();
        return most.getKey() <= would
                ? Optional.empty()
                : Optional.of(most.getValue().getFirst().waiting.getLast());
    }

    /** The one that has waited its time, if there is one. */
    Optional<Invocation> expired(long now) {
        return !isEmpty() && now >= nextDeadline() ? Optional.of(all.getFirst()) : Optional.empty();
    }

    /** When the next one has waited its time. Not of an empty queue. */
    long nextDeadline() {
        return all.getFirst().acceptedNanos + timeoutNanos;
    }

    /** How long the first to come has waited. */
    long longestWait(long now) {
        return isEmpty() ? 0 : now - all.getFirst().acceptedNanos;
    }

    /** In order of arrival. */
    List<Invocation> inOrder() {
        return new ArrayList<>(all);
    }

    /** Gives back what room a crowd has left behind. Of an empty queue. */
    void shrink() {
        all = new LinkedHashSet<>(2);
        lanes = new LinkedHashMap<>(2);
        bySize = new TreeMap<>();
    }

    private static String client(Invocation invocation) {
        return invocation.request.caller().client();
    }
}
