package dev.mayfly.provider.linux;

import dev.mayfly.model.LogLine;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import org.jspecify.annotations.Nullable;

/**
 * What one way of starting an instance reports. Until it is known whether it is the way, its end is nobody's: another may be tried. Owned by the
 * thread that claims and the instance's own; its fields are guarded by it.
 */
final class Attempt implements InstanceReports {
    private record Exit(ExitStatus status, long cpuMicros) {}

    private final InstanceReports reports;
    private boolean kept;
    private boolean dropped;
    private @Nullable Exit exit;

    Attempt(InstanceReports reports) {
        this.reports = reports;
    }

    /** It is the way: its end is the instance's. */
    void keep() {
        Exit told;
        synchronized (this) {
            kept = true;
            told = exit;
        }
        if (told != null) {
            reports.exited(told.status(), told.cpuMicros());
        }
    }

    /** It is not. */
    synchronized void drop() {
        dropped = true;
    }

    private synchronized boolean heard() {
        return !dropped;
    }

    @Override
    public void started(long invocation) {
        if (heard()) {
            reports.started(invocation);
        }
    }

    @Override
    public void ended(long invocation) {
        if (heard()) {
            reports.ended(invocation);
        }
    }

    @Override
    public void log(long invocation, LogLine.Stream stream, int level, long at, String text) {
        if (heard()) {
            reports.log(invocation, stream, level, at, text);
        }
    }

    @Override
    public void exited(ExitStatus status, long cpuMicros) {
        synchronized (this) {
            exit = new Exit(status, cpuMicros);
            if (!kept) {
                return;
            }
        }
        reports.exited(status, cpuMicros);
    }
}
