package dev.mayfly.store.sqlite;

import dev.mayfly.model.DomainName;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot.Domain;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Rows of claimed and verified domains, inside a transaction of the catalog. */
final class Domains {
    private Domains() {}

    static NavigableMap<DomainName, Domain> load(Connection connection, ProjectName project) throws SQLException {
        var domains = new TreeMap<DomainName, Domain>();
        Sql.each(
                connection,
                "SELECT name, token, added_at, coalesce(verified_at, 0) FROM domain WHERE project = ?",
                row -> new Domain(new DomainName(row.getString(1)), row.getString(2), row.getLong(3), row.getLong(4)),
                domain -> domains.put(domain.name(), domain),
                project.value());
        return Collections.unmodifiableNavigableMap(domains);
    }

    static void add(Connection connection, ProjectName project, DomainName name, String token, long now)
            throws SQLException {
        if (token(connection, project, name).isPresent()) {
            throw conflict(name + " was added to " + project + " before", "mayfly domains ls");
        }
        requireFree(connection, project, name);
        int count = Sql.first(
                        connection,
                        "SELECT count(*) FROM domain WHERE project = ?",
                        row -> row.getInt(1),
                        project.value())
                .orElseThrow();
        if (count >= Catalog.MOST_DOMAINS) {
            throw conflict(
                    "domains of " + project + ": " + count + " (expected: at most " + Catalog.MOST_DOMAINS + ")",
                    "mayfly domains rm NAME");
        }
        Sql.update(
                connection,
                "INSERT INTO domain (project, name, token, added_at) VALUES (?, ?, ?, ?)",
                project.value(),
                name.value(),
                token,
                now);
    }

    /** @param token what was found published; another one means that the claim is not the one that was looked at */
    static void verify(Connection connection, ProjectName project, DomainName name, String token, long now)
            throws SQLException {
        if (!require(connection, project, name).equals(token)) {
            throw conflict(name + " was added anew meanwhile", "mayfly domains add " + name + " shows its new record");
        }
        requireFree(connection, project, name);
        Sql.update(
                connection,
                "UPDATE domain SET verified_at = coalesce(verified_at, ?) WHERE project = ? AND name = ?",
                now,
                project.value(),
                name.value());
    }

    static void remove(Connection connection, ProjectName project, DomainName name) throws SQLException {
        require(connection, project, name);
        Sql.update(connection, "DELETE FROM domain WHERE project = ? AND name = ?", project.value(), name.value());
    }

    private static String require(Connection connection, ProjectName project, DomainName name) throws SQLException {
        return token(connection, project, name)
                .orElseThrow(() -> new Problem(
                                ErrorCode.NOT_FOUND,
                                "there is no domain " + name + " of " + project,
                                "mayfly domains add " + name + " --project " + project)
                        .asException());
    }

    private static Optional<String> token(Connection connection, ProjectName project, DomainName name)
            throws SQLException {
        return Sql.first(
                connection,
                "SELECT token FROM domain WHERE project = ? AND name = ?",
                row -> row.getString(1),
                project.value(),
                name.value());
    }

    private static void requireFree(Connection connection, ProjectName project, DomainName name) throws SQLException {
        var owner = Sql.first(
                connection,
                "SELECT project FROM domain WHERE name = ? AND verified_at IS NOT NULL",
                row -> row.getString(1),
                name.value());
        if (owner.isPresent() && !owner.get().equals(project.value())) {
            throw conflict(
                    name + " belongs to another project, which was the first to show that it owns it",
                    "remove it from that project first: mayfly domains rm " + name + " --project PROJECT");
        }
    }

    private static ProblemException conflict(String message, String fix) {
        return new Problem(ErrorCode.CONFLICT, message, fix).asException();
    }
}
