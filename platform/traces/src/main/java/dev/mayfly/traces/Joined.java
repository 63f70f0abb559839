package dev.mayfly.traces;

import dev.mayfly.model.UsageRecord;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings together what the edge saw of a request and what the books say of its invocation, whichever comes first: the record of most comes before the
 * answer has ended, that of work which goes on after it later. What never finds its other half is forgotten, the oldest first. Of one thread.
 */
final class Joined {
    /** Halves that wait, of each kind. */
    static final int MOST = 4_096;

    private final Map<String, Half> seen = new Oldest<>();
    private final Map<String, UsageRecord> ran = new Oldest<>();

    /** The span of the edge, and the id of the one that the function was told of. */
    record Half(SpanData edge, String run) {}

    /** The invocation's record, if it is there; otherwise the half waits for it. */
    @Nullable UsageRecord seen(String invocation, Half half) {
        return meet(ran, seen, invocation, half);
    }

    /** What the edge saw of it, if that is there; otherwise the record waits for it. */
    @Nullable Half ran(UsageRecord entry) {
        return meet(seen, ran, entry.id().toString(), entry);
    }

    int waiting() {
        return seen.size() + ran.size();
    }

    private static <A, B> @Nullable A meet(Map<String, A> others, Map<String, B> own, String id, B half) {
        var other = others.remove(id);
        if (other == null) {
            own.put(id, half);
        }
        return other;
    }

    private static final class Oldest<V> extends LinkedHashMap<String, V> {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
            return size() > MOST;
        }
    }
}
