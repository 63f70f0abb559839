package dev.mayfly.gateway.observe;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Requests for one function, for the files of one project, or for what has no project. Counting is adding to a few numbers; they are made with the
 * first request, because most functions of a server are idle.
 */
public final class TargetCounts {
    private static final int CLASSES = 6;
    private static final long[] BOUNDS_MICROS = {
        1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000
    };

    private final Kind kind;
    private final String project;
    private final String function;
    private volatile @Nullable Numbers numbers;

    TargetCounts(Kind kind, String project, String function) {
        this.kind = kind;
        this.project = project;
        this.function = function;
    }

    private static final class Numbers {
        private final EnumMap<Protocol, LongAdder[]> requests = new EnumMap<>(Protocol.class);
        private final LongAdder[] durations = adders(BOUNDS_MICROS.length + 1);
        private final LongAdder nanos = new LongAdder();
        private final LongAdder bytesIn = new LongAdder();
        private final LongAdder bytesOut = new LongAdder();

        Numbers() {
            for (var protocol : Protocol.values()) {
                requests.put(protocol, adders(CLASSES));
            }
        }

        LongAdder requests(Protocol protocol, int statusClass) {
            return Objects.requireNonNull(requests.get(protocol))[
                    statusClass > 0 && statusClass < CLASSES ? statusClass : 0];
        }

        private static LongAdder[] adders(int count) {
            var adders = new LongAdder[count];
            for (int i = 0; i < count; i++) {
                adders[i] = new LongAdder();
            }
            return adders;
        }
    }

    /**
     * How long requests took.
     *
     * @param counts of each bucket alone, the last one without a bound
     */
    public record Durations(List<Long> counts, double sumSeconds) {}

    /** How long a WebSocket lasted says nothing of how quick anything is: only others count as durations. */
    public void served(Protocol protocol, int status, long nanos, long bytesIn, long bytesOut) {
        var n = numbers();
        n.requests(protocol, status / 100).increment();
        n.bytesIn.add(bytesIn);
        n.bytesOut.add(bytesOut);
        if (protocol != Protocol.WEBSOCKET) {
            n.durations[bucket(nanos)].increment();
            n.nanos.add(nanos);
        }
    }

    public Kind kind() {
        return kind;
    }

    public String project() {
        return project;
    }

    public String function() {
        return function;
    }

    /** Whether there was any request. */
    public boolean used() {
        return numbers != null;
    }

    /** @param statusClass 2 for 2xx; 0: no status was sent */
    public long requests(Protocol protocol, int statusClass) {
        var n = numbers;
        return n == null ? 0 : n.requests(protocol, statusClass).sum();
    }

    public long bytesIn() {
        var n = numbers;
        return n == null ? 0 : n.bytesIn.sum();
    }

    public long bytesOut() {
        var n = numbers;
        return n == null ? 0 : n.bytesOut.sum();
    }

    public Durations durations() {
        var n = numbers;
        if (n == null) {
            return new Durations(Collections.nCopies(BOUNDS_MICROS.length + 1, 0L), 0);
        }
        var counts = Arrays.stream(n.durations).map(LongAdder::sum).toList();
        return new Durations(counts, n.nanos.sum() / 1e9);
    }

    /** Upper bounds of the buckets but for the last, which has none. */
    public static double[] boundsSeconds() {
        var bounds = new double[BOUNDS_MICROS.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = BOUNDS_MICROS[i] / 1e6;
        }
        return bounds;
    }

    private Numbers numbers() {
        var made = numbers;
        return made == null ? make() : made;
    }

    private synchronized Numbers make() {
        var made = numbers;
        if (made == null) {
            made = new Numbers();
            numbers = made;
        }
        return made;
    }

    private static int bucket(long nanos) {
        long micros = nanos / 1000;
        int i = 0;
        while (i < BOUNDS_MICROS.length && micros > BOUNDS_MICROS[i]) {
            i++;
        }
        return i;
    }
}
