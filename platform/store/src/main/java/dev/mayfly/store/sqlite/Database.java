package dev.mayfly.store.sqlite;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;

/**
 * One SQLite file in WAL mode, with one thread that writes and one that reads: calls into SQLite block their carrier, so they stay off
 * virtual threads and event loops.
 */
final class Database implements AutoCloseable {
    /** Work on a connection. Must not keep the connection, nor commit. */
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T on(Connection connection) throws SQLException;
    }

    private final Connection writing;
    private final Connection reading;
    private final GroupCommit writer;
    private final ExecutorService reader;

    /** Opens or makes the file, which only its owner may read, and brings it to the last schema. */
    static Database open(Path file, Durability durability, Migrations migrations, Clock clock) throws IOException {
        if (Files.notExists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        try {
            var writing = connect(file, durability, false);
            try {
                migrations.apply(writing, clock);
                return new Database(file, writing, connect(file, durability, true));
            } catch (SQLException | RuntimeException e) {
                writing.close();
                throw e;
            }
        } catch (SQLException e) {
            throw Sql.problem(e);
        }
    }

    private Database(Path file, Connection writing, Connection reading) {
        this.writing = writing;
        this.reading = reading;
        var name = file.getFileName();
        this.writer = new GroupCommit(name + "-writer", writing);
        this.reader = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(name + "-reader").factory());
    }

    /** The result of {@code work}, on the last committed state. */
    <T extends @Nullable Object> T read(Work<T> work) {
        try {
            return await(reader.submit(() -> work.on(reading)));
        } catch (RejectedExecutionException e) {
            throw closed();
        }
    }

    /** The same where {@code work} asks several questions whose answers are to be of one state. */
    <T extends @Nullable Object> T readAtOnce(Work<T> work) {
        return read(connection -> {
            try (var statement = connection.createStatement()) {
                statement.executeUpdate("BEGIN");
                try {
                    return work.on(connection);
                } finally {
                    statement.executeUpdate("COMMIT");
                }
            }
        });
    }

    /**
     * The result of {@code work}, once it is committed. If {@code work} throws, none of it is kept.
     *
     * @param committed called on the writing thread right after the commit, in the order of the commits; must be quick and not throw
     */
    <T extends @Nullable Object> T write(Work<T> work, Consumer<T> committed) {
        return await(writer.submit(work, committed));
    }

    <T extends @Nullable Object> T write(Work<T> work) {
        return write(work, result -> {});
    }

    /** Commits what was submitted before, then closes the file. */
    @Override
    public void close() {
        writer.close();
        reader.close();
        try (writing;
                reading) {
            // Nothing more to do: closing the last connection also empties the write-ahead log.
        } catch (SQLException e) {
            throw Sql.problem(e);
        }
    }

    static ProblemException closed() {
        return new Problem(ErrorCode.UNAVAILABLE, "the store is closed").asException();
    }

    /** Waits even when interrupted: the work is on its way, and whoever asked must learn how it ended. */
    private static <T extends @Nullable Object> T await(Future<T> future) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw switch (e.getCause()) {
                        case SQLException sql -> Sql.problem(sql);
                        case ProblemException known -> new ProblemException(known.problem(), known);
                        case RuntimeException known -> known;
                        case null -> new CompletionException(e);
                        default -> new CompletionException(e.getCause());
                    };
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Connection connect(Path file, Durability durability, boolean readOnly) throws SQLException {
        var properties = new Properties();
        // Else each row that is inserted is followed by a query for its number, which nobody asks for.
        properties.setProperty("jdbc.get_generated_keys", "false");
        var connection = JDBC.createConnection("jdbc:sqlite:" + file.toAbsolutePath(), properties);
        try (var statement = connection.createStatement()) {
            for (var setting : settings(durability, readOnly)) {
                statement.execute("PRAGMA " + setting);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** In this order: space can be given back only if that is said before anything else makes the file. */
    private static List<String> settings(Durability durability, boolean readOnly) {
        return List.of(
                "auto_vacuum = FULL",
                "busy_timeout = 10000",
                "journal_mode = WAL",
                "journal_size_limit = 4194304",
                "synchronous = " + durability,
                "foreign_keys = true",
                "temp_store = MEMORY",
                "query_only = " + readOnly);
    }
}
