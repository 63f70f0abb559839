package dev.mayfly.provider.linux;

import dev.mayfly.model.LogLine;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one way of starting an instance reports. Until it is known whether it is the way, its end is nobody's: another may be tried. What
 * is told twice then can be held back until that is known. Owned by the thread that claims and the instance's own; its fields are guarded by it.
 */
final class Attempt implements InstanceReports {
    /** What is said before the first request; more than that is not held back. */
    private static final int MOST_LINES = 500;

    private record Exit(ExitStatus status, long cpuMicros) {}

    private record Line(long invocation, LogLine.Stream stream, int level, long at, String text) {}

    private final InstanceReports reports;
    private final boolean quiet;
    private boolean kept;
    private boolean dropped;
    private final List<Line> held = new ArrayList<>();
    private @Nullable Exit exit;

    private Attempt(InstanceReports reports, boolean quiet) {
        this.reports = reports;
        this.quiet = quiet;
    }

    Attempt(InstanceReports reports) {
        this(reports, false);
    }

    /** One whose log is nobody's either if it is not the way. */
    static Attempt quiet(InstanceReports reports) {
        return new Attempt(reports, true);
    }

    /** It is the way: its end is the instance's. */
    void keep() {
        Exit told;
        synchronized (this) {
            tell();
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
        held.clear();
    }

    private void tell() {
        held.forEach(line -> reports.log(line.invocation(), line.stream(), line.level(), line.at(), line.text()));
        held.clear();
    }

    private synchronized boolean heard() {
        return !dropped;
    }

    @Override
    public void reachable(String address) {
        if (heard()) {
            reports.reachable(address);
        }
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
    public synchronized void log(long invocation, LogLine.Stream stream, int level, long at, String text) {
        if (dropped) {
            return;
        }
        if (kept || !quiet) {
            reports.log(invocation, stream, level, at, text);
            return;
        }
        held.add(new Line(invocation, stream, level, at, text));
        if (held.size() >= MOST_LINES) {
            tell();
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
