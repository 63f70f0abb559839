package dev.mayfly.gateway;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.store.Logs;
import java.time.Duration;
import java.util.LinkedHashMap;

/**
 * The last error output of the invocations that wrote some most lately: what they wrote to standard error, and records of the level ERROR and above,
 * as the log has them. Kept in memory, never more than {@link #MOST} times {@link #LONGEST} characters. The server owns the one that there is: it is
 * filled by whoever appends to the logs that it hears and read by the edge, on any thread.
 */
public final class RecentTracebacks implements Tracebacks {
    /** Invocations: enough for a page with all that it loads. */
    static final int MOST = 32;
    /** Characters of one invocation; the end of a traceback says what happened, so that is what stays. */
    static final int LONGEST = 32 * 1024;

    private static final int ERROR = 40;

    private final Duration patience;
    private final LinkedHashMap<InvocationId, Tail> recent = new LinkedHashMap<>(); // guarded by itself

    public RecentTracebacks() {
        this(Duration.ofSeconds(1));
    }

    /** @param patience how long a page may wait */
    RecentTracebacks(Duration patience) {
        this.patience = patience;
    }

    @Override
    public Logs hearing(Logs logs) {
        return new HeardLogs(logs, this::heard);
    }

    @Override
    public Duration patience() {
        return patience;
    }

    @Override
    public String of(InvocationId invocation) {
        synchronized (recent) {
            var tail = recent.get(invocation);
            return tail == null ? "" : tail.text();
        }
    }

    private void heard(LogLine line) {
        var invocation = line.invocation();
        if (invocation == null || !isErrorOutput(line)) {
            return;
        }
        synchronized (recent) {
            var tail = recent.computeIfAbsent(invocation, first -> new Tail());
            tail.add(line.text());
            recent.putLast(invocation, tail);
            if (recent.size() > MOST) {
                recent.pollFirstEntry();
            }
        }
    }

    private static boolean isErrorOutput(LogLine line) {
        return switch (line.stream()) {
            case STDERR -> true;
            case LOGGING -> line.level() >= ERROR;
            case STDOUT, PLATFORM -> false;
        };
    }

    /** The last {@link #LONGEST} characters of what is added. */
    private static final class Tail {
        private final StringBuilder kept = new StringBuilder();
        private boolean cut;

        void add(String text) {
            int from = Math.max(0, text.length() + 1 - LONGEST);
            int surplus = kept.length() + text.length() - from + 1 - LONGEST;
            if (surplus > 0) {
                kept.delete(0, surplus);
            }
            cut |= from > 0 || surplus > 0;
            kept.append(text, from, text.length()).append('\n');
        }

        /** From the first whole line on, if any is whole. */
        String text() {
            int end = kept.length() - 1;
            int line = cut ? kept.indexOf("\n") + 1 : 0;
            return (cut ? "…\n" : "") + kept.substring(line > end ? 0 : line, end);
        }
    }
}
