package dev.mayfly.store.sqlite;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.TreeMap;

/**
 * The versioned changes of one schema: resources {@code V1__what.sql}, {@code V2__what.sql} and so on, each applied once, in order, in one
 * transaction with its entry in {@code schema_history}. docs/decisions/0001-migrations.md says why this is not Flyway.
 *
 * @param schema folder of the resources
 * @param scripts their names, version 1 first; one that was released is never edited
 */
record Migrations(String schema, List<String> scripts) {
    static final Migrations CATALOG = new Migrations(
            "catalog",
            List.of(
                    "V1__first.sql",
                    "V2__cold_starts.sql",
                    "V3__domains.sql",
                    "V4__certificates.sql",
                    "V5__aliases.sql"));
    static final Migrations LOGS = new Migrations("logs", List.of("V1__first.sql"));

    Migrations {
        for (int i = 0; i < scripts.size(); i++) {
            if (!scripts.get(i).startsWith("V" + (i + 1) + "__")) {
                throw new IllegalArgumentException("migration: " + scripts.get(i) + " (expected: V" + (i + 1) + "__…)");
            }
        }
    }

    /** Brings the schema to the last version. The connection commits each statement by itself. */
    void apply(Connection connection, Clock clock) throws SQLException {
        execute(
                connection,
                "CREATE TABLE IF NOT EXISTS schema_history (version INTEGER NOT NULL PRIMARY KEY, script TEXT NOT NULL,"
                        + " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
        var applied = new TreeMap<Integer, String>();
        Sql.list(
                connection,
                "SELECT version, checksum FROM schema_history",
                row -> applied.put(row.getInt(1), row.getString(2)));
        if (!applied.isEmpty() && applied.lastKey() > scripts.size()) {
            throw new Problem(
                            ErrorCode.CONFLICT,
                            "schema version of " + schema + ": " + applied.lastKey() + " (expected: <= "
                                    + scripts.size() + "); a newer mayfly has used this home",
                            "use that version, or another MAYFLY_HOME")
                    .asException();
        }
        for (int version = 1; version <= scripts.size(); version++) {
            var name = scripts.get(version - 1);
            var script = read(name);
            var checksum = Digest.of(script).hex();
            var known = applied.get(version);
            if (known == null) {
                run(connection, version, name, script, checksum, clock);
            } else if (!known.equals(checksum)) {
                throw new Problem(
                                ErrorCode.INTERNAL,
                                "migration " + schema + "/" + name + " is not the one this home was made with",
                                "use the version of mayfly that made it, or another MAYFLY_HOME")
                        .asException();
            }
        }
    }

    private void run(Connection connection, int version, String name, String script, String checksum, Clock clock)
            throws SQLException {
        execute(connection, "BEGIN IMMEDIATE");
        try {
            var done = Sql.first(
                    connection, "SELECT 1 FROM schema_history WHERE version = ?", row -> row.getInt(1), version);
            if (done.isPresent()) { // by another server that started at the same time
                execute(connection, "COMMIT");
                return;
            }
            execute(connection, script);
            Sql.update(
                    connection,
                    "INSERT INTO schema_history (version, script, checksum, applied_at) VALUES (?, ?, ?, ?)",
                    version,
                    name,
                    checksum,
                    clock.millis());
            execute(connection, "COMMIT");
        } catch (SQLException e) {
            execute(connection, "ROLLBACK");
            throw e;
        }
    }

    private String read(String name) {
        try (var in = Migrations.class.getResourceAsStream(schema + "/" + name)) {
            if (in == null) {
                throw new IllegalStateException("migration " + schema + "/" + name + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }
}
