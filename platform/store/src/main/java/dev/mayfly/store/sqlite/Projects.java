package dev.mayfly.store.sqlite;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.Snapshot.Project;
import dev.mayfly.store.json.DeploymentJson;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Reads projects as the snapshot shows them. */
record Projects(DeploymentJson json) {
    private record Head(String team, long createdAt) {}

    Snapshot load(Connection connection) throws SQLException {
        var projects = new TreeMap<ProjectName, Project>();
        for (var name : Sql.list(connection, "SELECT name FROM project", row -> new ProjectName(row.getString(1)))) {
            load(connection, name, id -> Optional.empty()).ifPresent(project -> projects.put(name, project));
        }
        return new Snapshot(Changes.revision(connection), Collections.unmodifiableNavigableMap(projects));
    }

    /** @param known deployments that need not be parsed again; they never change */
    Optional<Project> load(Connection connection, ProjectName name, Function<DeploymentId, Optional<Deployment>> known)
            throws SQLException {
        var head = Sql.first(
                connection,
                "SELECT team, created_at FROM project WHERE name = ?",
                row -> new Head(row.getString(1), row.getLong(2)),
                name.value());
        if (head.isEmpty()) {
            return Optional.empty();
        }
        var deployments = deployments(connection, name, known);
        var ports = new HashMap<DeploymentId, Integer>();
        Sql.list(
                connection,
                "SELECT deployment, port FROM port WHERE project = ? AND deployment IS NOT NULL",
                row -> ports.put(new DeploymentId(row.getString(1)), row.getInt(2)),
                name.value());
        int port = Sql.first(
                        connection,
                        "SELECT port FROM port WHERE project = ? AND deployment IS NULL",
                        row -> row.getInt(1),
                        name.value())
                .orElse(0);
        var names = new TreeSet<String>(Sql.list(
                connection, "SELECT name FROM environment WHERE project = ?", row -> row.getString(1), name.value()));
        return Optional.of(new Project(
                name,
                head.get().team(),
                head.get().createdAt(),
                port,
                Aliases.load(connection, name),
                Collections.unmodifiableSequencedMap(deployments),
                Map.copyOf(ports),
                Collections.unmodifiableNavigableSet(names),
                Domains.load(connection, name)));
    }

    private LinkedHashMap<DeploymentId, Deployment> deployments(
            Connection connection, ProjectName name, Function<DeploymentId, Optional<Deployment>> known)
            throws SQLException {
        var deployments = new LinkedHashMap<DeploymentId, Deployment>();
        var ids = Sql.list(
                connection,
                "SELECT id FROM deployment WHERE project = ? ORDER BY created_at, rowid",
                row -> new DeploymentId(row.getString(1)),
                name.value());
        for (var id : ids) {
            var deployment = known.apply(id);
            deployments.put(id, deployment.isPresent() ? deployment.get() : parse(connection, id));
        }
        return deployments;
    }

    private Deployment parse(Connection connection, DeploymentId id) throws SQLException {
        return json.read(Sql.first(
                        connection, "SELECT document FROM deployment WHERE id = ?", row -> row.getString(1), id.value())
                .orElseThrow());
    }
}
