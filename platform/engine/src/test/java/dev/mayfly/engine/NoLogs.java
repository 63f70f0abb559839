package dev.mayfly.engine;

import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Logs;
import java.time.Instant;

/** Keeps no line: where millions of requests are only watched. */
final class NoLogs implements Logs {
    @Override
    public void append(LogLine line) {}

    @Override
    public void flush() {}

    @Override
    public Page read(Filter filter, long cursor, int limit, boolean tail) {
        throw new UnsupportedOperationException("nothing is kept here");
    }

    @Override
    public void removeProject(ProjectName project) {}

    @Override
    public void purge(Instant before) {}

    @Override
    public long dropped() {
        return 0;
    }
}
