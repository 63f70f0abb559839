package dev.mayfly.store.sqlite;

import dev.mayfly.model.PlatformMemory;
import dev.mayfly.store.UsageLedger.PlatformSum;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The table {@code platform_memory}: what comes for an hour adds to what is there. */
final class PlatformRows {
    static final String ADD = """
            INSERT INTO platform_memory VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (hour, role, whose, measure) DO UPDATE SET micros = micros + excluded.micros,
                byte_micros = byte_micros + excluded.byte_micros, peak_bytes = max(peak_bytes, excluded.peak_bytes)
            """;

    private static final long HOUR = Duration.ofHours(1).toMillis();

    private PlatformRows() {}

    static Object[] columns(PlatformMemory entry) {
        return new Object[] {
            entry.hour(),
            entry.role(),
            entry.whose(),
            entry.measure().name(),
            entry.micros(),
            entry.byteMicros(),
            entry.peakBytes()
        };
    }

    static List<PlatformSum> sums(Connection connection, @Nullable Instant since, @Nullable Instant until)
            throws SQLException {
        var where = new Where()
                .and("hour > ?", since == null ? null : since.toEpochMilli() - HOUR)
                .and("hour < ?", until == null ? null : until.toEpochMilli());
        var sql = """
                SELECT strftime('%%Y-%%m-%%d', hour / 1000, 'unixepoch') AS day, role, whose, measure, sum(micros),
                    total(byte_micros), max(peak_bytes)
                FROM platform_memory %s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                """.formatted(where.sql());
        return Sql.list(connection, sql, PlatformRows::sum, where.arguments());
    }

    private static PlatformSum sum(ResultSet row) throws SQLException {
        return new PlatformSum(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                PlatformMemory.Measure.valueOf(row.getString(4)),
                row.getLong(5),
                row.getDouble(6),
                row.getLong(7));
    }
}
