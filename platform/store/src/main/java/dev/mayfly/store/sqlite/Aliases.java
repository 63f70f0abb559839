package dev.mayfly.store.sqlite;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.AliasState;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.OldMoves;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Rows of aliases: what they point to, and what they pointed to before. */
final class Aliases {
    private static final int LONGEST_LABEL = 63; // RFC 1035, section 2.3.4

    private Aliases() {}

    static NavigableMap<AliasName, Alias> load(Connection connection, ProjectName project) throws SQLException {
        var aliases = new TreeMap<AliasName, Alias>();
        for (var name : Sql.list(
                connection,
                "SELECT name FROM alias_name WHERE project = ?",
                row -> new AliasName(row.getString(1)),
                project.value())) {
            find(connection, project, name).ifPresent(alias -> aliases.put(name, alias));
        }
        return Collections.unmodifiableNavigableMap(aliases);
    }

    static Optional<Alias> find(Connection connection, ProjectName project, AliasName name) throws SQLException {
        var sticky = Sql.first(
                connection,
                "SELECT sticky FROM alias_name WHERE project = ? AND name = ?",
                row -> Stickiness.parse(row.getString(1)),
                project.value(),
                name.value());
        if (sticky.isEmpty()) {
            return Optional.empty();
        }
        var shares = Sql.list(
                connection,
                "SELECT alias_share.deployment, weight FROM alias_share"
                        + " JOIN deployment ON deployment.id = alias_share.deployment"
                        + " WHERE alias_share.project = ? AND name = ? ORDER BY created_at, deployment.rowid",
                row -> new Share(new DeploymentId(row.getString(1)), row.getInt(2)),
                project.value(),
                name.value());
        return Optional.of(new Alias(name, shares, sticky.get()));
    }

    static AliasState state(Connection connection, ProjectName project, AliasName name) throws SQLException {
        return new AliasState(
                find(connection, project, name),
                moves(connection, project, Optional.of(name)),
                deployments(connection, project));
    }

    /** The alias as it is from now on: with its deployments in order. */
    static Alias point(Connection connection, ProjectName project, Alias target) throws SQLException {
        requireRoom(connection, project, target.name());
        Sql.update(
                connection,
                "INSERT INTO alias_name (project, name, sticky) VALUES (?, ?, ?)"
                        + " ON CONFLICT (project, name) DO UPDATE SET sticky = excluded.sticky",
                project.value(),
                target.name().value(),
                target.stickiness().toString());
        Sql.update(
                connection,
                "DELETE FROM alias_share WHERE project = ? AND name = ?",
                project.value(),
                target.name().value());
        for (var share : target.shares()) {
            Sql.update(
                    connection,
                    "INSERT INTO alias_share (project, name, deployment, weight) VALUES (?, ?, ?, ?)",
                    project.value(),
                    target.name().value(),
                    share.deployment().value(),
                    share.weight());
        }
        return find(connection, project, target.name()).orElseThrow();
    }

    /** Production with all to one, and as sticky as it was. */
    static Alias promote(Connection connection, ProjectName project, DeploymentId deployment) throws SQLException {
        var stickiness = find(connection, project, AliasName.PRODUCTION)
                .map(Alias::stickiness)
                .orElse(new Stickiness.None());
        return point(connection, project, Alias.of(AliasName.PRODUCTION, deployment, stickiness));
    }

    static void remove(Connection connection, ProjectName project, AliasName name) throws SQLException {
        Sql.update(connection, "DELETE FROM alias_name WHERE project = ? AND name = ?", project.value(), name.value());
    }

    static void removeAll(Connection connection, ProjectName project) throws SQLException {
        Sql.update(connection, "DELETE FROM alias_name WHERE project = ?", project.value());
    }

    /** Names of those that point to {@code deployment}. */
    static List<String> of(Connection connection, DeploymentId deployment) throws SQLException {
        return Sql.list(
                connection,
                "SELECT name FROM alias_share WHERE deployment = ? ORDER BY name",
                row -> row.getString(1),
                deployment.value());
    }

    /** Remembers a move, and forgets those that are too many. */
    static void remember(
            Connection connection,
            long revision,
            long at,
            ProjectName project,
            AliasName name,
            AliasMove.Cause cause,
            List<Share> shares)
            throws SQLException {
        Sql.update(
                connection,
                "INSERT INTO alias_move (revision, project, name, at, cause, shares) VALUES (?, ?, ?, ?, ?, ?)",
                revision,
                project.value(),
                name.value(),
                at,
                cause.word(),
                written(shares));
        forget(connection, project, name);
        forgetRemoved(connection, project);
    }

    private static void forgetRemoved(Connection connection, ProjectName project) throws SQLException {
        var removed =
                "FROM alias_move WHERE project = ?1 AND name NOT IN (SELECT name FROM alias_name WHERE project = ?1)";
        Sql.update(
                connection,
                "DELETE " + removed + " AND revision NOT IN (SELECT revision " + removed
                        + " ORDER BY revision DESC LIMIT ?2)",
                project.value(),
                Catalog.MOST_MOVES_OF_REMOVED);
    }

    private static void forget(Connection connection, ProjectName project, AliasName name) throws SQLException {
        var moves = new ArrayList<>(moves(connection, project, Optional.of(name)));
        if (moves.size() <= Catalog.MOST_MOVES) {
            return;
        }
        var there = deployments(connection, project);
        while (moves.size() > Catalog.MOST_MOVES) {
            var old = OldMoves.leastNeeded(moves, there);
            Sql.update(connection, "DELETE FROM alias_move WHERE revision = ?", old.revision());
            moves.remove(old);
        }
    }

    /** Oldest first. */
    private static SequencedSet<DeploymentId> deployments(Connection connection, ProjectName project)
            throws SQLException {
        return new LinkedHashSet<>(Sql.list(
                connection,
                "SELECT id FROM deployment WHERE project = ? ORDER BY created_at, rowid",
                row -> new DeploymentId(row.getString(1)),
                project.value()));
    }

    static List<AliasMove> moves(Connection connection, ProjectName project, Optional<AliasName> alias)
            throws SQLException {
        return Sql.list(
                connection,
                "SELECT revision, name, at, cause, shares FROM alias_move WHERE project = ? AND name = coalesce(?, name)"
                        + " ORDER BY revision DESC",
                row -> new AliasMove(
                        row.getLong(1),
                        new AliasName(row.getString(2)),
                        row.getLong(3),
                        AliasMove.Cause.valueOf(row.getString(4).toUpperCase(Locale.ROOT)),
                        read(row.getString(5))),
                project.value(),
                alias.map(AliasName::value).orElse(null));
    }

    private static void requireRoom(Connection connection, ProjectName project, AliasName name) throws SQLException {
        int longest = LONGEST_LABEL - project.value().length() - 2;
        if (!name.equals(AliasName.PRODUCTION) && name.value().length() > longest) {
            throw new Problem(
                            ErrorCode.BAD_REQUEST,
                            "alias: " + name + " (expected: at most " + longest + " characters, so that " + project
                                    + "--" + name + " fits into a host name)")
                    .asException();
        }
        int others = Sql.first(
                        connection,
                        "SELECT count(*) FROM alias_name WHERE project = ? AND name <> ?",
                        row -> row.getInt(1),
                        project.value(),
                        name.value())
                .orElse(0);
        if (others >= Catalog.MOST_ALIASES) {
            throw new Problem(
                            ErrorCode.CONFLICT,
                            project + " has " + others + " aliases, which is the most that a project may have",
                            "mayfly alias NAME --rm removes one")
                    .asException();
        }
    }

    private static String written(List<Share> shares) {
        return shares.stream()
                .map(share -> share.deployment() + "=" + share.weight())
                .collect(Collectors.joining(" "));
    }

    private static List<Share> read(String written) {
        var shares = new ArrayList<Share>();
        if (!written.isEmpty()) {
            for (var each : written.split(" ", -1)) {
                int equals = each.indexOf('=');
                shares.add(new Share(
                        new DeploymentId(each.substring(0, equals)), Integer.parseInt(each.substring(equals + 1))));
            }
        }
        return shares;
    }
}
