package dev.mayfly.provider;

import dev.mayfly.model.LogLine;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps all that an instance reports. */
public final class ReportLog implements InstanceReports {
    /** A line of the log. */
    public record Line(long invocation, LogLine.Stream stream, int level, long at, String text) {}

    /** How it ended. */
    public record Exit(ExitStatus how, long cpuMicros) {
        public int status() {
            return how.value();
        }
    }

    public final List<Long> started = new CopyOnWriteArrayList<>();
    public final List<Long> ended = new CopyOnWriteArrayList<>();
    public final List<Line> lines = new CopyOnWriteArrayList<>();
    public final CompletableFuture<Exit> exit = new CompletableFuture<>();
    public final List<String> afterExit = new CopyOnWriteArrayList<>();

    @Override
    public void started(long invocation) {
        note("started " + invocation);
        started.add(invocation);
    }

    @Override
    public void ended(long invocation) {
        note("ended " + invocation);
        ended.add(invocation);
    }

    @Override
    public void log(long invocation, LogLine.Stream stream, int level, long at, String text) {
        note("log " + text);
        lines.add(new Line(invocation, stream, level, at, text));
    }

    @Override
    public void exited(ExitStatus status, long cpuMicros) {
        note("exited " + status);
        exit.complete(new Exit(status, cpuMicros));
    }

    private void note(String what) {
        if (exit.isDone()) {
            afterExit.add(what);
        }
    }

    public List<String> texts() {
        return lines.stream().map(Line::text).toList();
    }

    public List<String> texts(LogLine.Stream stream) {
        return lines.stream()
                .filter(line -> line.stream() == stream)
                .map(Line::text)
                .toList();
    }
}
