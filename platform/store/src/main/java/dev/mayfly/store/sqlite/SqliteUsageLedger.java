package dev.mayfly.store.sqlite;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.UnmeteredUsage;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.UsageLedger;
import dev.mayfly.store.json.Json;
import dev.mayfly.store.sqlite.Appender.Settings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The usage ledger in SQLite; what waits in memory is written before it is read. */
final class SqliteUsageLedger implements UsageLedger, AutoCloseable {
    /** A record holds a few hundred bytes of heap; a full disk may keep 64 MiB of them waiting. */
    private static final Settings SETTINGS =
            new Settings("usage records", 512 * 1024, 64 * 1024 * 1024, Duration.ofMillis(200));

    private static final int PURGED_AT_ONCE = 5000;

    /** What waits to be written. */
    private sealed interface Entry {
        record Metered(UsageRecord usage) implements Entry {}

        record Unmetered(UnmeteredUsage usage) implements Entry {}

        record Platform(PlatformMemory memory) implements Entry {}
    }

    private final Database database;
    private final UsageRows rows = new UsageRows(Json.mapper());
    private final Appender<Entry> appender;

    SqliteUsageLedger(Database database) {
        this.database = database;
        this.appender = new Appender<>(
                SETTINGS,
                SqliteUsageLedger::size,
                batch -> database.write(connection -> {
                    write(connection, batch);
                    return batch.size();
                }));
    }

    /** A cold one names its steps and imports. */
    private static long size(Entry entry) {
        return entry instanceof Entry.Metered(UsageRecord usage)
                        && usage.start().known()
                ? 2048
                : 512;
    }

    @Override
    public void append(UsageRecord entry) {
        appender.append(new Entry.Metered(entry));
    }

    @Override
    public void append(UnmeteredUsage entry) {
        appender.append(new Entry.Unmetered(entry));
    }

    @Override
    public void append(PlatformMemory entry) {
        appender.append(new Entry.Platform(entry));
    }

    @Override
    public void flush() {
        appender.flush();
    }

    @Override
    public Optional<UsageRecord> find(InvocationId id) {
        flush();
        return database.read(
                connection -> Sql.first(connection, "SELECT * FROM usage WHERE id = ?", rows::record, id.value()));
    }

    @Override
    public List<UsageRecord> records(Filter filter, int limit) {
        flush();
        var where = where(filter, "started_at");
        return database.read(connection -> Sql.list(
                connection,
                "SELECT * FROM usage " + where.sql() + " ORDER BY started_at DESC, id DESC LIMIT ?",
                rows::record,
                where.arguments(limit)));
    }

    @Override
    public void coldStarts(Filter filter, int limit, Consumer<UsageRecord> each) {
        flush();
        var where = where(filter, "started_at");
        var cold = where.sql().isEmpty() ? "WHERE cold = 1" : where.sql() + " AND cold = 1";
        database.read(connection -> {
            Sql.each(
                    connection,
                    "SELECT * FROM usage " + cold + " ORDER BY started_at DESC, id DESC LIMIT ?",
                    rows::record,
                    each,
                    where.arguments(limit));
            return null;
        });
    }

    @Override
    public List<PlatformSum> platform(@Nullable Instant since, @Nullable Instant until) {
        flush();
        return database.read(connection -> PlatformRows.sums(connection, since, until));
    }

    @Override
    public List<Sum> sums(Filter filter) {
        flush();
        var metered = where(filter, "started_at");
        var unmetered = where(filter, "at");
        var sql = """
                SELECT project, function, day, sum(invocations), sum(cold), sum(failed), sum(billed), total(memory_time),
                    sum(cpu), sum(unmetered), sum(bytes_in), sum(bytes_out), max(memory)
                FROM (
                  SELECT project, function, strftime('%%Y-%%m-%%d', started_at / 1000, 'unixepoch') AS day,
                      count(*) AS invocations, sum(cold) AS cold, sum(outcome IN ('FAILED', 'TIMEOUT')) AS failed,
                      sum(billed_millis) AS billed, total(CAST(memory AS REAL) * memory_micros) AS memory_time,
                      sum(cpu_micros) AS cpu, 0 AS unmetered, sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out,
                      max(memory) AS memory
                  FROM usage %s GROUP BY 1, 2, 3
                  UNION ALL
                  SELECT project, function, strftime('%%Y-%%m-%%d', at / 1000, 'unixepoch') AS day,
                      0, 0, 0, 0, 0.0, 0, sum(cpu_micros), 0, 0, 0
                  FROM unmetered %s GROUP BY 1, 2, 3
                ) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
                """.formatted(metered.sql(), unmetered.sql());
        return database.read(connection ->
                Sql.list(connection, sql, SqliteUsageLedger::sum, metered.arguments(unmetered.arguments())));
    }

    @Override
    public void purge(Instant before) {
        flush();
        purge("DELETE FROM usage WHERE id IN (SELECT id FROM usage WHERE started_at < ? LIMIT ?)", before);
        purge("DELETE FROM unmetered WHERE rowid IN (SELECT rowid FROM unmetered WHERE at < ? LIMIT ?)", before);
        purge(
                "DELETE FROM platform_memory WHERE (hour, role, whose, measure) IN"
                        + " (SELECT hour, role, whose, measure FROM platform_memory WHERE hour < ? LIMIT ?)",
                before);
    }

    /** In bites, so that other commands get their turn. */
    private void purge(String sql, Instant before) {
        int removed = PURGED_AT_ONCE;
        while (removed == PURGED_AT_ONCE) {
            removed = database.write(connection -> Sql.update(connection, sql, before.toEpochMilli(), PURGED_AT_ONCE));
        }
    }

    @Override
    public void close() {
        appender.close();
    }

    private static Where where(Filter filter, String time) {
        return new Where()
                .and(
                        "project = ?",
                        filter.project() == null ? null : filter.project().value())
                .and(
                        "function = ?",
                        filter.function() == null ? null : filter.function().value())
                .and(time + " >= ?", millis(filter.since()))
                .and(time + " < ?", millis(filter.until()));
    }

    private static @Nullable Long millis(@Nullable Instant instant) {
        return instant == null ? null : instant.toEpochMilli();
    }

    private void write(Connection connection, List<Entry> batch) throws SQLException {
        try (var metered = connection.prepareStatement(UsageRows.INSERT);
                var unmetered = connection.prepareStatement("INSERT INTO unmetered VALUES (?, ?, ?, ?, ?, ?)");
                var platform = connection.prepareStatement(PlatformRows.ADD)) {
            for (var entry : batch) {
                switch (entry) {
                    case Entry.Metered(UsageRecord usage) -> insert(metered, rows.columns(usage));
                    case Entry.Unmetered(UnmeteredUsage usage) -> insert(unmetered, columns(usage));
                    case Entry.Platform(PlatformMemory memory) -> insert(platform, PlatformRows.columns(memory));
                }
            }
        }
    }

    private static void insert(PreparedStatement statement, Object... columns) throws SQLException {
        Sql.bind(statement, columns);
        statement.executeUpdate();
    }

    private static Object[] columns(UnmeteredUsage usage) {
        return new Object[] {
            usage.project().value(),
            usage.deployment().value(),
            usage.function().value(),
            usage.instance().value(),
            usage.at(),
            usage.cpuMicros()
        };
    }

    private static Sum sum(ResultSet row) throws SQLException {
        return new Sum(
                new ProjectName(row.getString(1)),
                new FunctionName(row.getString(2)),
                row.getString(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getDouble(8),
                row.getLong(9),
                row.getLong(10),
                row.getLong(11),
                row.getLong(12),
                row.getLong(13));
    }
}
