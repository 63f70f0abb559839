package dev.mayfly.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * The requests of one function that wait: each with a deadline, and clients take turns, so that one who sends many delays itself and not the
 * others. The requests of one client keep their order. The pool's, under its lock.
 */
final class RequestQueue {
    private final long timeoutNanos;
    /** In order of arrival, which is the order of their deadlines: the timeout is the same for all. */
    private SequencedSet<Invocation> all = new LinkedHashSet<>();
    /** The requests of each client that has any. Whose turn it is comes first. */
    private SequencedMap<String, ArrayDeque<Invocation>> lanes = new LinkedHashMap<>();

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
        lanes.computeIfAbsent(client(invocation), client -> new ArrayDeque<>(4)).add(invocation);
    }

    /** Takes the one whose turn it is. Not of an empty queue. */
    Invocation take() {
        var turn = lanes.firstEntry();
        var next = turn.getValue().remove();
        all.remove(next);
        if (turn.getValue().isEmpty()) {
            lanes.remove(turn.getKey());
        } else if (lanes.size() > 1) {
            lanes.putLast(turn.getKey(), turn.getValue());
        }
        return next;
    }

    /** Takes one out that waits no longer. */
    void remove(Invocation invocation) {
        if (all.remove(invocation)) {
            var lane = lanes.get(client(invocation));
            if (lane != null) {
                lane.remove(invocation);
                if (lane.isEmpty()) {
                    lanes.remove(client(invocation));
                }
            }
        }
    }

    /**
     * Who is to give way to {@code newcomer} where there is no room for both: the last of the client that has most, if that is more than the
     * newcomer's client would then have.
     */
    Optional<Invocation> yielding(Invocation newcomer) {
        var own = lanes.get(client(newcomer));
        int would = own == null ? 1 : own.size() + 1;
        if (would * (long) lanes.size() > size()) { // no one has more than a fair share if this one has not less
            return Optional.empty();
        }
        ArrayDeque<Invocation> longest = null;
        for (var lane : lanes.values()) {
            if (longest == null || lane.size() > longest.size()) {
                longest = lane;
            }
        }
        return longest == null || longest.size() <= would ? Optional.empty() : Optional.of(longest.getLast());
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
    }

    private static String client(Invocation invocation) {
        return invocation.request.caller().client();
    }
}
