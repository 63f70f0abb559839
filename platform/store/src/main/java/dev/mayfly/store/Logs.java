package dev.mayfly.store;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What functions print, kept for seven days. */
public interface Logs {
    /** Appends in memory and returns at once; durable within a second. Callable from anywhere, never blocks. */
    void append(LogLine line);

    /** Waits until all that was appended before is found by {@link #read}. */
    void flush();

    /** The oldest {@code limit} lines after {@code cursor} that match, oldest first; with cursor 0 and a {@code tail}, the newest. */
    Page read(Filter filter, long cursor, int limit, boolean tail);

    void removeProject(ProjectName project);

    /** Forgets all lines before {@code before}, and the oldest where there are too many; call it now and then with the retention of seven days. */
    void purge(Instant before);

    /** Lines given up since the start because they came faster than the disk takes them, or because it is full. */
    long dropped();

    /** Every part but the project may be null: not filtered. */
    record Filter(
            ProjectName project,
            @Nullable DeploymentId deployment,
            @Nullable FunctionName function,
            @Nullable InvocationId invocation,
            @Nullable Instant since) {}

    /** Lines, and the cursor to read on from. */
    record Page(List<Entry> lines, long cursor) {}

    /** A line with its own cursor: reading on from it gives what came after this line. */
    record Entry(long cursor, LogLine line) {}
}
