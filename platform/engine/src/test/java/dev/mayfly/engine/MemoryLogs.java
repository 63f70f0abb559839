package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Logs;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what is appended. */
final class MemoryLogs implements Logs {
    final List<LogLine> lines = new CopyOnWriteArrayList<>();

    @Override
    public void append(LogLine line) {
        lines.add(line);
    }

    @Override
    public void flush() {}

    List<String> of(InvocationId id) {
        return lines.stream()
                .filter(line -> id.equals(line.invocation()))
                .map(LogLine::text)
                .toList();
    }

    List<String> unattributed() {
        return lines.stream()
                .filter(line -> line.invocation() == null)
                .map(LogLine::text)
                .toList();
    }

    @Override
    public Page read(Filter filter, long cursor, int limit, boolean tail) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public void removeProject(ProjectName project) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public void purge(Instant before) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public long dropped() {
        return 0;
    }
}
