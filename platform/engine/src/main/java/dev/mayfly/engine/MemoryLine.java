package dev.mayfly.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The functions that wait for memory for one more instance, in the order of their coming: what becomes free is the first one's, so that those that ask
 * often or for little do not keep it from the others. Who no longer asks is forgotten. Has a lock of its own, under which nothing is called.
 */
final class MemoryLine {
    /** Whoever waits asks again more often than that. */
    private static final long FORGOTTEN_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);

    private record Place(long bytes, long since, long askedAt) {}

    private final Map<Pool, Place> places = new LinkedHashMap<>(2);
    /** Looked at with each event of each function. */
    private volatile boolean empty = true;

    boolean isEmpty() {
        return empty;
    }

    /** Takes the last place, or keeps the one it has. */
    synchronized void join(Pool who, long bytes, long now) {
        forgetOthers(now);
        var before = places.get(who);
        places.put(who, new Place(bytes, before == null ? now : before.since, now));
        empty = false;
    }

    synchronized void leave(Pool who) {
        places.remove(who);
        empty = places.isEmpty();
    }

    /** Bytes that are wanted by those before {@code who}; by all, where it does not wait. */
    long before(Pool who, long now) {
        return empty ? 0 : sumBefore(who, now);
    }

    private synchronized long sumBefore(Pool who, long now) {
        forgetOthers(now);
        long sum = 0;
        for (var each : places.entrySet()) {
            if (each.getKey() == who) {
                break;
            }
            sum += each.getValue().bytes;
        }
        return sum;
    }

    /** Bytes that all want together. */
    synchronized long wanted(long now) {
        forgetOthers(now);
        return places.values().stream().mapToLong(Place::bytes).sum();
    }

    /** The first ones, as many as {@code bytes} are enough for. */
    synchronized List<Pool> first(long bytes, long now) {
        forgetOthers(now);
        var first = new ArrayList<Pool>();
        long left = bytes;
        for (var each : places.entrySet()) {
            left -= each.getValue().bytes;
            if (left < 0) {
                break;
            }
            first.add(each.getKey());
        }
        return first;
    }

    /** Those that have waited since {@code then} or longer, the first one first. */
    synchronized List<Pool> since(long then, long now) {
        forgetOthers(now);
        return places.entrySet().stream()
                .filter(each -> each.getValue().since <= then)
                .map(Map.Entry::getKey)
                .toList();
    }

    private void forgetOthers(long now) {
        places.values().removeIf(place -> now - place.askedAt > FORGOTTEN_NANOS);
        empty = places.isEmpty();
    }
}
