package dev.mayfly.traces;

import dev.mayfly.gateway.TraceRules;
import dev.mayfly.gateway.observe.EdgeObserver;
import dev.mayfly.gateway.observe.Kind;
import dev.mayfly.gateway.observe.Served;
import dev.mayfly.model.UsageRecord;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans of recorded requests to a collector of OpenTelemetry. Event loops and the books put into a bounded queue and never wait; one thread makes
 * spans of it and sends them. What finds no room, or is not taken, is dropped and counted.
 */
public final class OtlpTraces implements EdgeObserver, AutoCloseable {
    /** Requests and records that may wait. */
    static final int MOST_WAITING = 16_384;

    private static final Logger LOG = LoggerFactory.getLogger(OtlpTraces.class);
    private static final int MOST_AT_ONCE = 512;
    private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final TraceRules rules;
    private final RandomGenerator random;
    private final Collector collector;
    private final Spans spans;
    private final Joined joined = new Joined();
    private final ConcurrentLinkedQueue<Event> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final Thread sender;
    private volatile boolean closing;

    private sealed interface Event {
        record Seen(Served served) implements Event {}

        record Ran(UsageRecord entry) implements Event {}
    }

    /**
     * Sends from now on.
     *
     * @param endpoint of OTLP over HTTP, its path included
     * @param headers of each request to it
     * @param rules which of the traces that begin here are recorded
     */
    public OtlpTraces(
            URI endpoint, Map<String, String> headers, String version, TraceRules rules, RandomGenerator random) {
        this.rules = rules;
        this.random = random;
        this.collector = new Collector(endpoint, headers);
        this.spans = new Spans(
                Resource.create(Attributes.of(
                        AttributeKey.stringKey("service.name"),
                        "mayfly",
                        AttributeKey.stringKey("service.version"),
                        version)),
                random);
        this.sender = Thread.ofPlatform().daemon().name("mayfly-traces").unstarted(this::run);
        sender.start();
    }

    @Override
    public void served(int status, Supplier<Served> details) {
        var served = details.get();
        var trace = served.trace();
        if (trace == null || trace.recorded()) {
            put(new Event.Seen(served));
        }
    }

    /** An invocation is over and in the books. */
    public void ran(UsageRecord entry) {
        put(new Event.Ran(entry));
    }

    public long sent() {
        return sent.get();
    }

    /** For want of room, or because the collector did not take them. */
    public long dropped() {
        return dropped.get();
    }

    private void put(Event event) {
        if (closing || size.incrementAndGet() > MOST_WAITING) {
            size.decrementAndGet();
            dropped.incrementAndGet();
        } else {
            waiting.add(event);
        }
    }

    private void run() {
        while (true) {
            boolean last = closing;
            var made = new ArrayList<SpanData>();
            while (made.size() < MOST_AT_ONCE) {
                var event = waiting.poll();
                if (event == null) {
                    break;
                }
                size.decrementAndGet();
                made.addAll(spansOf(event));
            }
            if (!made.isEmpty()) {
                (collector.take(made) ? sent : dropped).addAndGet(made.size());
            } else if (last) {
                return;
            } else {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    private List<SpanData> spansOf(Event event) {
        return switch (event) {
            case Event.Seen(var served) -> seen(served);
            case Event.Ran(var entry) -> {
                var half = joined.ran(entry);
                yield half == null ? List.of() : spans.invocation(half.edge(), half.run(), entry);
            }
        };
    }

    private List<SpanData> seen(Served served) {
        var trace = served.trace() == null ? rules.begin(random) : served.trace();
        if (!trace.recorded() || !isTraced(served)) {
            return List.of();
        }
        var edge = spans.edge(served, trace);
        var made = new ArrayList<>(List.of(edge));
        if (!trace.call().isEmpty() && served.id() != null) {
            var entry = joined.seen(served.id(), new Joined.Half(edge, trace.call()));
            if (entry != null) {
                made.addAll(spans.invocation(edge, trace.call(), entry));
            }
        }
        return made;
    }

    /** Requests for what is deployed; not what manages it, nor what is no request. */
    private static boolean isTraced(Served served) {
        return served.method() != null && (served.kind() != Kind.MANAGEMENT || served.function() != null);
    }

    /** Sends what waits; after a while, what a collector does not take is given up. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(sender);
        try {
            if (!sender.join(PATIENCE)) {
                LOG.warn("the last traces are lost: they were not taken in {}", PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        collector.close();
    }
}
