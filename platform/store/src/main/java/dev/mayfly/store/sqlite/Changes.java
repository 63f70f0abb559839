package dev.mayfly.store.sqlite;

import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.Snapshot.Project;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The change log: each command appends one entry, whose number is the store's new revision. */
record Changes(JsonMapper mapper) {
    /**
     * What a command did to the snapshot.
     *
     * @param project whose state changed; null: nobody's
     * @param after its new state; null: it is gone
     */
    record Change(
            long revision,
            @Nullable ProjectName project,
            @Nullable Project after) {
        Snapshot applyTo(Snapshot before) {
            if (project == null) {
                return new Snapshot(revision, before.projects());
            }
            var projects = new TreeMap<>(before.projects());
            if (after == null) {
                projects.remove(project);
            } else {
                projects.put(project, after);
            }
            return new Snapshot(revision, Collections.unmodifiableNavigableMap(projects));
        }
    }

    long append(Connection connection, long at, String kind, String subject, Map<String, ?> payload)
            throws SQLException {
        return Sql.first(
                        connection,
                        "INSERT INTO change_log (at, kind, subject, payload) VALUES (?, ?, ?, ?) RETURNING revision",
                        row -> row.getLong(1),
                        at,
                        kind,
                        subject,
                        mapper.writeValueAsString(payload))
                .orElseThrow();
    }

    /** Projects that some command after {@code revision} was about. */
    static List<ProjectName> projectsSince(Connection connection, long revision) throws SQLException {
        return Sql.list(
                connection,
                "SELECT DISTINCT subject FROM change_log WHERE revision > ? AND kind NOT IN ('team.added', 'token.added')",
                row -> new ProjectName(row.getString(1)),
                revision);
    }

    static long revision(Connection connection) throws SQLException {
        Optional<Long> last =
                Sql.first(connection, "SELECT coalesce(max(revision), 0) FROM change_log", row -> row.getLong(1));
        return last.orElse(0L);
    }
}
