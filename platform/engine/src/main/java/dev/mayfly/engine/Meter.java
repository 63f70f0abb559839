package dev.mayfly.engine;

import dev.mayfly.model.ColdStart;
import dev.mayfly.provider.ProvidedInstance;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one owner of an instance's {@link MeterBook}: takes what happened in order, reads the counter, and writes the records. One reading
 * serves all that is due at a time.
 */
final class Meter {
    private static final Logger LOG = LoggerFactory.getLogger(Meter.class);

    private sealed interface Event {}

    private record Opened(long id, long atNanos) implements Event {}

    private record Closed(Invocation invocation, Books.Execution execution, long atNanos) implements Event {}

    private record Cancelled(long id, long atNanos) implements Event {}

    private record Exited(long cpuMicros) implements Event {}

    /** How often memory is looked at, of what is used all the time. */
    private static final long MEMORY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Executor atOnce;
    private final Executor rounds;
    private final Ticker ticker;
    private final Books books;
    private final ProvidedInstance provided;
    private final Target of;
    private final Instance instance;
    private final long startMicros;
    private final MeterBook book;
    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger due = new AtomicInteger();
    private boolean exited;
    /** Told by one at a time, read by all. */
    private volatile float cpuShare;
    /** The same. */
    private volatile long memoryBytes;

    private long memoryNanos = Long.MIN_VALUE / 2;

    private @Nullable ColdStart start;
    /** When the counter was read last. */
    private volatile long readNanos;

    /** @param baseline the counter when the instance became ready */
    Meter(
            Surroundings surroundings,
            ProvidedInstance provided,
            Target of,
            Instance instance,
            long readyNanos,
            long baseline) {
        this.atOnce = surroundings.work();
        this.rounds = surroundings.metering();
        this.ticker = surroundings.ticker();
        this.books = surroundings.books();
        this.provided = provided;
        this.of = of;
        this.instance = instance;
        this.startMicros = (readyNanos - instance.startedNanos) / 1000;
        this.book = new MeterBook(surroundings.processors(), readyNanos / 1000, baseline);
        this.readNanos = readyNanos;
        books.unmetered(of, instance.id, baseline);
    }

    /** Nothing is due because of it, unless the counter was not read for long: it is put into the book with whatever comes next. */
    void opened(long id, long atNanos) {
        events.add(new Opened(id, atNanos));
        if (atNanos - readNanos > MeterBook.IDLE_MICROS * 1000) {
            wake(atOnce);
        }
    }

    /** It is over; its record is written once the counter was read. */
    void closed(Invocation invocation, Books.Execution execution, long atNanos) {
        tell(new Closed(invocation, execution, atNanos));
    }

    /** It never reached user code. */
    void cancelled(long id, long atNanos) {
        tell(new Cancelled(id, atNanos));
    }

    void exited(long cpuMicros) {
        tell(new Exited(cpuMicros));
    }

    private void tell(Event event) {
        events.add(event);
        wake(rounds);
    }

    private void wake(Executor executor) {
        if (due.getAndIncrement() == 0) {
            executor.execute(this::workOff);
        }
    }

    private void workOff() {
        int taken;
        do {
            taken = due.get();
            try {
                take();
            } catch (RuntimeException e) {
                LOG.error("{}: the meter failed", instance.id, e);
            }
        } while (due.addAndGet(-taken) > 0);
    }

    /** First everything goes into the book, then the counter is read once, then what is over is taken off. */
    private void take() {
        var batch = new ArrayList<Event>();
        boolean due = false;
        for (var event = events.poll(); event != null; event = events.poll()) {
            batch.add(event);
            due |= note(event);
        }
        if (due) {
            read();
        }
        batch.forEach(this::settle);
        if (exited && book.isEmpty()) {
            books.unmetered(of, instance.id, book.takeUnmetered());
        }
    }

    /** Whether the counter is to be read because of it. */
    private boolean note(Event event) {
        return switch (event) {
            case Opened(long id, long at) -> {
                boolean idled = book.idleSince(at / 1000);
                book.opened(id, at / 1000);
                yield idled;
            }
            case Closed closed -> {
                book.ended(closed.invocation().id.value(), closed.atNanos() / 1000);
                yield true;
            }
            case Cancelled(long id, long at) -> {
                book.ended(id, at / 1000);
                yield true;
            }
            case Exited(long cpuMicros) -> {
                exited = true;
                book.read(ticker.nanos() / 1000, cpuMicros);
                yield false;
            }
        };
    }

    private void settle(Event event) {
        switch (event) {
            case Closed(Invocation invocation, Books.Execution execution, long at) -> {
                var shares = book.close(invocation.id.value());
                learn(shares.cpuMicros(), execution.runMicros());
                books.ran(
                        invocation,
                        execution,
                        shares,
                        provided.cpuSource(),
                        invocation.cold() ? start() : ColdStart.NONE);
            }
            case Cancelled(long id, long at) -> book.cancel(id, at / 1000);
            case Opened opened -> {}
            case Exited exit -> {}
        }
    }

    private void learn(long cpuMicros, long runMicros) {
        if (runMicros > 0) {
            float sample = (float) cpuMicros / runMicros;
            float known = cpuShare;
            cpuShare = known == 0 ? sample : known + (sample - known) / 8;
        }
    }

    /** Processors that a request on it used lately; 0: not known yet. Any thread may ask. */
    double cpuShare() {
        return cpuShare;
    }

    /** Memory that it had when it was last looked at, after a request; 0: not known. Any thread may ask. */
    long memory() {
        return memoryBytes;
    }

    private ColdStart start() {
        if (start == null) {
            start = Attribution.of(provided, startMicros);
        }
        return start;
    }

    private void read() {
        long now = ticker.nanos();
        book.read(now / 1000, provided.cpuMicros());
        readNanos = now;
        if (now - memoryNanos >= MEMORY_NANOS) {
            memoryNanos = now;
            memoryBytes = Math.max(0, provided.memoryBytes());
        }
    }
}
