package dev.mayfly.store.sqlite;

import dev.mayfly.store.sqlite.Database.Work;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes to a database. Whatever waits when a commit ends goes into the next one together, each command in a savepoint
 * of its own, so that one disk flush serves many callers and the failure of one is not the others'.
 */
final class GroupCommit implements AutoCloseable {
    private static final int MOST = 256;

    private final Connection connection;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Command<?>> waiting = new ArrayDeque<>();
    private boolean closed;

    GroupCommit(String name, Connection connection) {
        this.connection = connection;
        this.thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    <T extends @Nullable Object> Future<T> submit(Work<T> work, Consumer<T> committed) {
        var command = new Command<T>(work, committed);
        lock.lock();
        try {
            if (closed) {
                throw Database.closed();
            }
            waiting.add(command);
            changed.signal();
        } finally {
            lock.unlock();
        }
        return command.done;
    }

    /** Takes no more, and returns when all that was taken is committed. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        WriterEnd.await(thread);
    }

    private void run() {
        for (var group = next(); !group.isEmpty(); group = next()) {
            commit(group);
        }
    }

    /** Empty once closed and all is done. */
    private List<Command<?>> next() {
        var group = new ArrayList<Command<?>>();
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            while (group.size() < MOST && !waiting.isEmpty()) {
                group.add(waiting.remove());
            }
        } finally {
            lock.unlock();
        }
        return group;
    }

    private void commit(List<Command<?>> group) {
        try {
            execute("BEGIN IMMEDIATE");
            try {
                for (var command : group) {
                    attempt(command);
                }
                execute("COMMIT");
            } catch (SQLException | RuntimeException | Error e) {
                rollBack(e);
                throw e;
            }
            group.forEach(Command::succeed);
        } catch (SQLException | RuntimeException | Error e) {
            group.forEach(command -> command.fail(e));
        }
    }

    private void attempt(Command<?> command) throws SQLException {
        execute("SAVEPOINT command");
        try {
            command.run(connection);
        } catch (SQLException e) {
            if (Sql.endsTransaction(e)) {
                throw e;
            }
            undo(command, e);
        } catch (RuntimeException e) {
            undo(command, e);
        }
        execute("RELEASE command");
    }

    private void undo(Command<?> command, Exception cause) throws SQLException {
        execute("ROLLBACK TO command");
        command.fail(cause);
    }

    /** SQLite may have rolled back by itself, which makes this fail; the first cause is what counts. */
    private void rollBack(Throwable cause) {
        try {
            execute("ROLLBACK");
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private static final class Command<T extends @Nullable Object> {
        private final Work<T> work;
        private final Consumer<T> committed;
        private final CompletableFuture<T> done = new CompletableFuture<>();
        private Runnable success = () -> {};

        Command(Work<T> work, Consumer<T> committed) {
            this.work = work;
            this.committed = committed;
        }

        void run(Connection connection) throws SQLException {
            var result = work.on(connection);
            success = () -> {
                try {
                    committed.accept(result);
                    done.complete(result);
                } catch (RuntimeException | Error e) {
                    done.completeExceptionally(e);
                }
            };
        }

        void succeed() {
            success.run();
        }

        void fail(Throwable cause) {
            done.completeExceptionally(cause);
        }
    }
}
