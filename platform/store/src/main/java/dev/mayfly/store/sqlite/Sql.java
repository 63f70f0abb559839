package dev.mayfly.store.sqlite;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/** Statements with bound arguments, and what SQLite's errors mean to whoever asked. */
final class Sql {
    private Sql() {}

    /** Reads one row. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** How many rows were changed. */
    static int update(Connection connection, String sql, @Nullable Object... arguments) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, arguments);
            return statement.executeUpdate();
        }
    }

    static <T> List<T> list(Connection connection, String sql, Row<T> row, @Nullable Object... arguments)
            throws SQLException {
        var all = new ArrayList<T>();
        each(connection, sql, row, all::add, arguments);
        return all;
    }

    /** Hands on one row after the other. */
    static <T> void each(
            Connection connection, String sql, Row<T> row, Consumer<? super T> to, @Nullable Object... arguments)
            throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, arguments);
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    to.accept(row.read(rows));
                }
            }
        }
    }

    static <T> Optional<T> first(Connection connection, String sql, Row<T> row, @Nullable Object... arguments)
            throws SQLException {
        return list(connection, sql, row, arguments).stream().findFirst();
    }

    static void bind(PreparedStatement statement, @Nullable Object... arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
    }

    /** Whether SQLite may have rolled back the whole transaction, or cannot go on with it. */
    static boolean endsTransaction(SQLException e) {
        return switch (primary(e)) {
            case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_READONLY -> true;
            default -> false;
        };
    }

    static ProblemException problem(SQLException e) {
        var problem = primary(e) == SQLiteErrorCode.SQLITE_FULL
                ? new Problem(
                        ErrorCode.INSUFFICIENT_STORAGE,
                        "the disk with the home directory is full",
                        "free some space; mayfly rm removes deployments")
                : new Problem(ErrorCode.INTERNAL, "the store failed: " + e.getMessage());
        return new ProblemException(problem, e);
    }

    private static SQLiteErrorCode primary(SQLException e) {
        return SQLiteErrorCode.getErrorCode(e.getErrorCode() & 0xFF);
    }
}
