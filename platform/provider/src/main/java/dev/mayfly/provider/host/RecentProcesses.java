package dev.mayfly.provider.host;

import java.util.List;
import java.util.function.LongSupplier;

/** The process table as it was a moment ago, shared by all who count, so that counting does not read all of {@code /proc} every time. */
public final class RecentProcesses {
    private static final long FRESH_NANOS = 250_000_000L;

    private final ProcessTable table;
    private final LongSupplier nanos;
    private List<ProcessRow> rows = List.of();
    private String newest = "";
    private long readAt;

    public RecentProcesses(ProcessTable table, LongSupplier nanos) {
        this.table = table;
        this.nanos = nanos;
    }

    public synchronized List<ProcessRow> now() {
        newest = table.newest().orElse("");
        rows = table.all();
        readAt = nanos.getAsLong();
        return rows;
    }

    /** At most a quarter of a second old, unless nothing was started since. */
    public synchronized List<ProcessRow> recent() {
        if (!rows.isEmpty()) {
            if (nanos.getAsLong() - readAt < FRESH_NANOS) {
                return rows;
            }
            var newestNow = table.newest();
            if (newestNow.isPresent() && newestNow.get().equals(newest)) {
                return rows;
            }
        }
        return now();
    }
}
