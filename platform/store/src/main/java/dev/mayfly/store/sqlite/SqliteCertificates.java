package dev.mayfly.store.sqlite;

import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.secret.Sealer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Certificates in SQLite. What is sealed is bound to its authority and name. */
final class SqliteCertificates implements CertificateStore {
    private static final String OF_NAME = " WHERE authority = ? AND name = ?";
    private static final String OF_HOLDER = OF_NAME + " AND holder = ?";
    private static final String STATE = "SELECT name, url, coalesce(not_before, 0), coalesce(not_after, 0),"
            + " coalesce(renew_at, 0), failures, coalesce(reason, ''), next_try FROM certificate WHERE authority = ?";

    private final Database database;
    private final Sealer sealer;

    /** Whether names are free again that a process had which ended in the middle: one at a time has the file. Of the writing thread. */
    private boolean swept;

    SqliteCertificates(Database database, Sealer sealer) {
        this.database = database;
        this.sealer = sealer;
    }

    @Override
    public String accountKey(String authority, Supplier<String> fresh) {
        var known = database.read(connection -> account(connection, authority));
        return sealer.open(owner(authority), "account", known.orElseGet(() -> {
            var sealed = sealer.seal(owner(authority), "account", fresh.get());
            return database.write(connection -> {
                Sql.update(
                        connection,
                        "INSERT INTO acme_account (authority, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING",
                        authority,
                        sealed);
                return account(connection, authority).orElseThrow();
            });
        }));
    }

    private static Optional<byte[]> account(Connection connection, String authority) throws SQLException {
        return Sql.first(
                connection, "SELECT sealed FROM acme_account WHERE authority = ?", row -> row.getBytes(1), authority);
    }

    @Override
    public List<State> states(String authority) {
        return database.read(
                connection -> Sql.list(connection, STATE + " ORDER BY name", SqliteCertificates::state, authority));
    }

    @Override
    public Optional<State> state(String authority, String name) {
        return database.read(connection ->
                Sql.first(connection, STATE + " AND name = ?", SqliteCertificates::state, authority, name));
    }

    @Override
    public Optional<Issued> issued(String authority, String name) {
        return database.read(connection -> Sql.first(
                connection,
                "SELECT url, not_before, not_after, renew_at, chain, sealed FROM certificate" + OF_NAME
                        + " AND url IS NOT NULL",
                row -> new Issued(
                        new Validity(row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4)),
                        row.getString(5),
                        sealer.open(owner(authority), name, row.getBytes(6))),
                authority,
                name));
    }

    @Override
    public Claim claim(String authority, String name, String holder, long now, long until, int mostInAnHour) {
        return database.write(connection -> {
            sweep(connection);
            Sql.update(
                    connection,
                    "INSERT INTO certificate (authority, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    authority,
                    name);
            var found = Sql.first(
                            connection,
                            "SELECT held_until, next_try, failures, order_url, order_sealed, coalesce(renew_at, 0)"
                                    + " FROM certificate" + OF_NAME,
                            row -> new Found(
                                    row.getLong(1),
                                    row.getLong(6),
                                    new Failure(row.getInt(3), "", row.getLong(2)),
                                    order(authority, name, row)),
                            authority,
                            name)
                    .orElseThrow();
            if (found.heldUntil() > now && found.heldUntil() <= until + HOUR) {
                return new Claim.Held();
            }
            if (found.renewAt() > now) {
                return new Claim.Good();
            }
            if (found.failure().waits(now)) {
                return new Claim.Later(found.failure().nextTry());
            }
            if (found.order().isEmpty()) {
                var full = count(connection, authority, now, mostInAnHour);
                if (full.isPresent()) {
                    return full.get();
                }
            }
            Sql.update(
                    connection,
                    "UPDATE certificate SET holder = ?, held_until = ?" + OF_NAME,
                    holder,
                    until,
                    authority,
                    name);
            return new Claim.Taken(found.failure().times(), found.order());
        });
    }

    private record Found(long heldUntil, long renewAt, Failure failure, Optional<Order> order) {}

    private void sweep(Connection connection) throws SQLException {
        if (!swept) {
            Sql.update(connection, "UPDATE certificate SET holder = NULL, held_until = 0 WHERE holder IS NOT NULL");
            swept = true;
        }
    }

    /** Empty where there was room for one more. */
    private static Optional<Claim> count(Connection connection, String authority, long now, int most)
            throws SQLException {
        Sql.update(connection, "DELETE FROM certificate_order WHERE at <= ? OR at > ?", now - HOUR, now + HOUR);
        var begun = Sql.list(
                connection,
                "SELECT at FROM certificate_order WHERE authority = ? ORDER BY at DESC LIMIT ?",
                row -> row.getLong(1),
                authority,
                most);
        if (begun.size() >= most) {
            return Optional.of(new Claim.Later(begun.getLast() + HOUR));
        }
        Sql.update(connection, "INSERT INTO certificate_order (authority, at) VALUES (?, ?)", authority, now);
        return Optional.empty();
    }

    @Override
    public boolean hold(String authority, String name, String holder, long until) {
        return change("held_until = ?", authority, name, holder, until);
    }

    @Override
    public boolean ordered(String authority, String name, String holder, Order order) {
        var sealed = sealer.seal(owner(authority), name, order.key());
        return change("order_url = ?, order_sealed = ?", authority, name, holder, order.url(), sealed);
    }

    @Override
    public boolean succeeded(String authority, String name, String holder, Issued issued) {
        var validity = issued.validity();
        return change(
                "holder = NULL, held_until = 0, order_url = NULL, order_sealed = NULL, failures = 0, reason = NULL,"
                        + " next_try = 0, url = ?, chain = ?, sealed = ?, not_before = ?, not_after = ?, renew_at = ?",
                authority,
                name,
                holder,
                validity.url(),
                issued.chain(),
                sealer.seal(owner(authority), name, issued.key()),
                validity.notBefore(),
                validity.notAfter(),
                validity.renewAt());
    }

    @Override
    public boolean failed(
            String authority, String name, String holder, String reason, long nextTry, boolean orderOver) {
        var order = orderOver ? ", order_url = NULL, order_sealed = NULL" : "";
        return change(
                "holder = NULL, held_until = 0, failures = failures + 1, reason = ?, next_try = ?" + order,
                authority,
                name,
                holder,
                reason,
                nextTry);
    }

    @Override
    public boolean release(String authority, String name, String holder) {
        return change("holder = NULL, held_until = 0", authority, name, holder);
    }

    @Override
    public void renewAt(String authority, String name, String url, long at) {
        database.write(connection -> Sql.update(
                connection,
                "UPDATE certificate SET renew_at = ?" + OF_NAME + " AND url = ?",
                at,
                authority,
                name,
                url));
    }

    @Override
    public void forget(String authority, String name) {
        database.write(connection -> Sql.update(connection, "DELETE FROM certificate" + OF_NAME, authority, name));
    }

    private boolean change(
            String assignments, String authority, String name, String holder, @Nullable Object... values) {
        var arguments = new @Nullable Object[values.length + 3];
        System.arraycopy(values, 0, arguments, 0, values.length);
        arguments[values.length] = authority;
        arguments[values.length + 1] = name;
        arguments[values.length + 2] = holder;
        return database.write(connection ->
                Sql.update(connection, "UPDATE certificate SET " + assignments + OF_HOLDER, arguments) == 1);
    }

    private Optional<Order> order(String authority, String name, ResultSet row) throws SQLException {
        var url = row.getString(4);
        return url == null
                ? Optional.empty()
                : Optional.of(new Order(url, sealer.open(owner(authority), name, row.getBytes(5))));
    }

    private static State state(ResultSet row) throws SQLException {
        var url = row.getString(2);
        int failures = row.getInt(6);
        return new State(
                row.getString(1),
                url == null
                        ? Optional.empty()
                        : Optional.of(new Validity(url, row.getLong(3), row.getLong(4), row.getLong(5))),
                failures == 0
                        ? Optional.empty()
                        : Optional.of(new Failure(failures, row.getString(7), row.getLong(8))));
    }

    /** No project's name has a space, so no variable of one can take the place of a key. */
    private static String owner(String authority) {
        return "certificates of " + authority;
    }
}
