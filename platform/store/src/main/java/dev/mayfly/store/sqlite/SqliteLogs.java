package dev.mayfly.store.sqlite;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Logs;
import dev.mayfly.store.sqlite.Appender.Settings;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Logs in a SQLite file of their own. */
final class SqliteLogs implements Logs, AutoCloseable {
    private static final Settings SETTINGS =
            new Settings("log lines", 1024 * 1024, 16 * 1024 * 1024, Duration.ofMillis(100));

    /** What a line costs beyond its text, roughly. */
    private static final int LINE_OVERHEAD = 256;

    /** Whatever their age, the lines of one server take no more than this once purged. */
    private static final long MOST_BYTES = 1L << 30;

    private static final int PURGED_AT_ONCE = 5000;

    private final Database database;
    private final Appender<LogLine> appender;

    SqliteLogs(Database database) {
        this.database = database;
        this.appender = new Appender<>(
                SETTINGS,
                line -> LINE_OVERHEAD + line.text().length(),
                batch -> database.write(connection -> {
                    write(connection, batch);
                    return batch.size();
                }));
    }

    @Override
    public void append(LogLine line) {
        appender.append(line);
    }

    @Override
    public void flush() {
        appender.flush();
    }

    @Override
    public Page read(Filter filter, long cursor, int limit, boolean tail) {
        boolean newest = tail && cursor == 0;
        var where = new Where()
                .and("cursor > ?", cursor)
                .and("project = ?", filter.project().value())
                .and(
                        "deployment = ?",
                        filter.deployment() == null ? null : filter.deployment().value())
                .and(
                        "function = ?",
                        filter.function() == null ? null : filter.function().value())
                .and(
                        "invocation = ?",
                        filter.invocation() == null ? null : filter.invocation().value())
                .and("at >= ?", filter.since() == null ? null : filter.since().toEpochMilli());
        var sql = "SELECT * FROM line " + where.sql() + " ORDER BY cursor " + (newest ? "DESC" : "ASC") + " LIMIT ?";
        return database.read(connection -> {
            long end = Sql.first(connection, "SELECT coalesce(max(cursor), 0) FROM line", row -> row.getLong(1))
                    .orElse(0L);
            var found = Sql.list(connection, sql, SqliteLogs::line, where.arguments(limit));
            var lines = newest ? found.reversed() : found;
            boolean all = newest || found.size() < limit;
            return new Page(lines, Math.max(cursor, all ? end : found.getLast().cursor()));
        });
    }

    @Override
    public void removeProject(ProjectName project) {
        flush();
        removeInBites("project = ?", project.value());
    }

    @Override
    public void purge(Instant before) {
        flush();
        removeInBites("at < ?", before.toEpochMilli());
        while (bytes() > MOST_BYTES) {
            database.write(connection -> Sql.update(
                    connection,
                    "DELETE FROM line WHERE cursor IN (SELECT cursor FROM line ORDER BY cursor LIMIT ?)",
                    PURGED_AT_ONCE));
        }
    }

    private long bytes() {
        return database.read(connection -> Sql.first(
                        connection,
                        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
                        row -> row.getLong(1))
                .orElse(0L));
    }

    @Override
    public long dropped() {
        return appender.dropped();
    }

    @Override
    public void close() {
        appender.close();
    }

    /** So that lines that arrive meanwhile get their turn. */
    private void removeInBites(String condition, Object argument) {
        var sql = "DELETE FROM line WHERE cursor IN (SELECT cursor FROM line WHERE " + condition + " LIMIT ?)";
        int removed = PURGED_AT_ONCE;
        while (removed == PURGED_AT_ONCE) {
            removed = database.write(connection -> Sql.update(connection, sql, argument, PURGED_AT_ONCE));
        }
    }

    private static void write(Connection connection, List<LogLine> batch) throws SQLException {
        try (var insert = connection.prepareStatement(
                "INSERT INTO line (at, project, deployment, function, instance, invocation, stream, level, text)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            for (var line : batch) {
                Sql.bind(
                        insert,
                        line.at(),
                        line.project().value(),
                        line.deployment().value(),
                        line.function().value(),
                        line.instance().value(),
                        line.invocation() == null ? null : line.invocation().value(),
                        line.stream().name(),
                        line.level(),
                        line.text());
                insert.executeUpdate();
            }
        }
    }

    private static Entry line(ResultSet row) throws SQLException {
        return new Entry(
                row.getLong("cursor"),
                new LogLine(
                        row.getLong("at"),
                        new ProjectName(row.getString("project")),
                        new DeploymentId(row.getString("deployment")),
                        new FunctionName(row.getString("function")),
                        new InstanceId(row.getString("instance")),
                        invocation(row),
                        LogLine.Stream.valueOf(row.getString("stream")),
                        row.getInt("level"),
                        row.getString("text")));
    }

    /** Zero is no invocation's id, and what SQLite answers for null. */
    private static @Nullable InvocationId invocation(ResultSet row) throws SQLException {
        long id = row.getLong("invocation");
        return id == 0 ? null : new InvocationId(id);
    }
}
