package dev.mayfly.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A home of a version that knew aliases of one deployment only. */
class AliasesMigrationTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void whatAliasesPointedToAndDidBeforeIsKept() throws Exception {
        var file = folder.resolve("old.db");
        var old = new Migrations("catalog", Migrations.CATALOG.scripts().subList(0, 4));
        try (var before = Database.open(file, Durability.NORMAL, old, Clock.systemUTC())) {
            before.write(connection -> {
                Sql.update(connection, "INSERT INTO project VALUES ('hello', 'default', 1), ('gone', 'default', 1)");
                for (var id : List.of("aaaaaaaaaa", "bbbbbbbbbb")) {
                    Sql.update(connection, "INSERT INTO deployment VALUES (?, 'hello', 1, 'script', 1, 1, '{}')", id);
                }
                Sql.update(connection, "INSERT INTO alias VALUES ('hello', 'production', 'bbbbbbbbbb', 100)");
                added(connection, "hello", "aaaaaaaaaa", true);
                added(connection, "hello", "cccccccccc", true); // removed since
                added(connection, "hello", "bbbbbbbbbb", true);
                added(connection, "hello", "dddddddddd", false);
                added(connection, "gone", "aaaaaaaaaa", true); // of another project
                return true;
            });
        }

        try (var after = Database.open(file, Durability.NORMAL, Migrations.CATALOG, Clock.systemUTC())) {
            assertThat(rows(after, "SELECT name || ' ' || deployment || ' ' || weight FROM alias_share"))
                    .containsExactly("production bbbbbbbbbb 1");
            assertThat(rows(after, "SELECT project || ' ' || sticky FROM alias_name"))
                    .containsExactly("hello none");
            assertThat(rows(after, "SELECT project || ' ' || cause || ' ' || shares FROM alias_move ORDER BY revision"))
                    .containsExactly("hello deploy aaaaaaaaaa=1", "hello deploy bbbbbbbbbb=1");
        }
    }

    private static void added(Connection connection, String project, String id, boolean production)
            throws SQLException {
        Sql.update(
                connection,
                "INSERT INTO change_log (at, kind, subject, payload) VALUES (1, 'deployment.added', ?, ?)",
                project,
                "{\"deployment\":\"" + id + "\",\"newProject\":false,\"production\":" + production + "}");
    }

    private static List<String> rows(Database database, String sql) {
        return database.read(connection -> new ArrayList<>(Sql.list(connection, sql, row -> row.getString(1))));
    }
}
