package dev.mayfly.gateway;

import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Logs;
import java.time.Instant;
import java.util.function.Consumer;

/** Logs of which somebody hears every line as it is appended; who must not block either. */
record HeardLogs(Logs logs, Consumer<LogLine> listener) implements Logs {
    @Override
    public void append(LogLine line) {
        listener.accept(line);
        logs.append(line);
    }

    // --- all else as it is

    @Override
    public void flush() {
        logs.flush();
    }

    @Override
    public Page read(Filter filter, long cursor, int limit, boolean tail) {
        return logs.read(filter, cursor, limit, tail);
    }

    @Override
    public void removeProject(ProjectName project) {
        logs.removeProject(project);
    }

    @Override
    public void purge(Instant before) {
        logs.purge(before);
    }

    @Override
    public long dropped() {
        return logs.dropped();
    }
}
