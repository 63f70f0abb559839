package dev.mayfly.gateway;

import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Logs;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A log that functions of {@link TestEdge} say something into, while {@code tracebacks} hears it. */
final class SpokenLogs implements Logs {
    private final List<LogLine> lines = new CopyOnWriteArrayList<>();
    private final Logs heard;

    SpokenLogs(Tracebacks tracebacks) {
        heard = tracebacks.hearing(this);
    }

    void says(@Nullable InvocationId invocation, LogLine.Stream stream, int level, String text) {
        heard.append(new LogLine(
                0,
                TestEdge.HELLO,
                TestEdge.FIRST,
                TestEdge.deployment().functions().getFirst().name(),
                new InstanceId("i-1"),
                invocation,
                stream,
                level,
                text));
    }

    List<String> texts() {
        return lines.stream().map(LogLine::text).toList();
    }

    @Override
    public void append(LogLine line) {
        lines.add(line);
    }

    @Override
    public void flush() {}

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
