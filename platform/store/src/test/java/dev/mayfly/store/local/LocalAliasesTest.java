package dev.mayfly.store.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.store.AliasesContract;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Samples;
import dev.mayfly.store.secret.KeyFile;
import dev.mayfly.store.secret.Sealer;
import dev.mayfly.store.sqlite.SqliteStore;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalAliasesTest extends AliasesContract {
    private final List<SqliteStore> opened = new ArrayList<>();
    private final Path home;

    LocalAliasesTest(@TempDir Path home) {
        this.home = home;
    }

    @Override
    protected Catalog open() throws IOException {
        var random = new SecureRandom();
        var sealer = new Sealer(KeyFile.loadOrMake(home.resolve("secret.key"), random), random);
        var store = SqliteStore.open(home, sealer, Clock.systemUTC());
        opened.add(store);
        return store.catalog();
    }

    @Override
    protected Catalog beside() throws IOException {
        return open();
    }

    /** A log entry that no version of this server writes. */
    @Test
    void aServerThatCannotReadWhatAnotherOneDidSeesItAsSoonAsItCan() throws Exception {
        var one = open();
        var two = open();
        one.addDeployment(
                Catalog.FIRST_TEAM, Samples.deployment(Samples.OTHER, 4), true, new Catalog.Ports(10_004, 20_004));
        await().until(() -> two.snapshot().equals(one.snapshot()));

        raw("INSERT INTO change_log (at, kind, subject, payload) VALUES (1, 'new', '../..', '{}')");
        one.addDeployment(
                Catalog.FIRST_TEAM, Samples.deployment(Samples.OTHER, 5), true, new Catalog.Ports(10_004, 20_005));
        two.setEnvironment(Samples.OTHER, Map.of("A", "b"));
        assertThat(two.snapshot().project(Samples.OTHER).orElseThrow().environmentNames())
                .as("its own is shown meanwhile")
                .containsExactly("A");
        Thread.sleep(600); // so that it has looked, and failed
        raw("DELETE FROM change_log WHERE kind = 'new'");

        await().until(() -> two.snapshot().equals(one.snapshot()));
        assertThat(two.snapshot().project(Samples.OTHER).orElseThrow().deployments())
                .hasSize(2);
    }

    private void raw(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("mayfly.db"));
                var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    @AfterEach
    void close() {
        opened.forEach(SqliteStore::close);
    }
}
