package dev.mayfly.engine;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The account of one instance: its CPU counter and its busy time, divided among its executions so that the parts add up to the whole.
 *
 * <p>CPU is the delta of the counter between two readings, shared by how long each execution ran in between. Where the instance also idled in
 * between, executions are given at most what all processors could have done while they ran; the rest is nobody's. Memory is the union of the
 * busy intervals, split equally among those that ran at each moment. Times are microseconds of one clock. Not safe for several threads.
 */
final class MeterBook {
    /** After so long without a reading, what an instance used while it idled is told from what comes next. */
    static final long IDLE_MICROS = 10_000;

    private final int processors;
    /** In the order of their starts: none is put in before the last boundary. */
    private final Map<Long, Execution> open = new LinkedHashMap<>();

    private long counter;
    private long readAt;
    private long boundary;
    private long unmetered;

    /** What one execution is charged. */
    record Shares(long cpuMicros, long memoryMicros) {}

    private static final class Execution {
        private final long start;
        private long end = Long.MAX_VALUE;
        private long cpu;
        private long memory;

        private Execution(long start) {
            this.start = start;
        }

        private boolean runs() {
            return end == Long.MAX_VALUE;
        }

        private long overlap(long from, long until) {
            return Math.max(0, Math.min(end, until) - Math.max(start, from));
        }
    }

    /** @param counter the reading when the instance became ready: what came before is not part of any execution */
    MeterBook(int processors, long at, long counter) {
        this.processors = processors;
        this.counter = counter;
        this.readAt = at;
        this.boundary = at;
    }

    void opened(long id, long at) {
        advance(at);
        open.put(id, new Execution(boundary));
    }

    /** The execution is over, and will be charged at the next reading that is passed to {@link #close}. */
    void ended(long id, long at) {
        advance(at);
        var execution = open.get(id);
        if (execution != null && execution.runs()) {
            execution.end = boundary;
        }
    }

    void read(long at, long reading) {
        long until = Math.max(at, readAt);
        long delta = Math.max(0, reading - counter);
        long busy = busy(readAt, until);
        boolean idled = busy < until - readAt;
        long metered = idled ? Math.min(delta, busy * processors) : delta;
        unmetered += delta - metered;
        share(metered, readAt, until);
        counter = Math.max(counter, reading);
        readAt = until;
    }

    /** Takes an execution that has {@linkplain #ended ended} off the book. */
    Shares close(long id) {
        var execution = open.remove(id);
        return execution == null ? new Shares(0, 0) : new Shares(execution.cpu, execution.memory);
    }

    /** Takes an execution off that never was one; what it was given is nobody's. */
    void cancel(long id, long at) {
        ended(id, at);
        unmetered += close(id).cpuMicros();
    }

    boolean isEmpty() {
        return open.isEmpty();
    }

    /** Whether nothing ran for so long before {@code at} that a reading is due. */
    boolean idleSince(long at) {
        return open.isEmpty() && at - readAt > IDLE_MICROS;
    }

    /** What no execution accounts for, since this was last asked. */
    long takeUnmetered() {
        long taken = unmetered;
        unmetered = 0;
        return taken;
    }

    private void advance(long at) {
        long until = Math.max(at, boundary);
        int running = running();
        if (running > 0) {
            long each = (until - boundary) / running;
            long rest = (until - boundary) % running;
            for (var execution : open.values()) {
                if (execution.runs()) {
                    execution.memory += each + (rest-- > 0 ? 1 : 0);
                }
            }
        }
        boundary = until;
    }

    private int running() {
        int running = 0;
        for (var each : open.values()) {
            running += each.runs() ? 1 : 0;
        }
        return running;
    }

    /** Length of the union of all executions within the interval. */
    private long busy(long from, long until) {
        long busy = 0;
        long covered = from;
        for (var each : open.values()) {
            long start = Math.max(covered, each.start);
            long end = Math.min(until, each.end);
            if (end > start) {
                busy += end - start;
                covered = end;
            }
        }
        return busy;
    }

    private void share(long micros, long from, long until) {
        long total = 0;
        for (var each : open.values()) {
            total += each.overlap(from, until);
        }
        if (total == 0) {
            unmetered += micros;
            return;
        }
        long left = micros;
        Execution last = null;
        for (var each : open.values()) {
            long overlap = each.overlap(from, until);
            if (overlap > 0) {
                long part = (long) ((double) micros * overlap / total);
                each.cpu += part;
                left -= part;
                last = each;
            }
        }
        if (last != null) {
            last.cpu += left;
        }
    }
}
