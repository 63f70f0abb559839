package dev.mayfly.store.local;

import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.NOON;
import static dev.mayfly.store.Samples.deployment;
import static dev.mayfly.store.Samples.usage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Catalog.Ports;
import dev.mayfly.store.UsageLedger;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Map;
import java.util.Properties;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.JDBC;

class LocalStoreTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path home;

    @Test
    void whatIsSecretIsForTheOwnerOnly() throws Exception {
        try (var store = open()) {
            deploy(store);
            for (var name : new String[] {"mayfly.db", "mayfly.db-wal", "logs.db", "secret.key", "lock"}) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(name))))
                        .as(name)
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void aStoredVariableIsInNoFileInTheClear() throws Exception {
        try (var store = open()) {
            deploy(store);
            store.catalog().setEnvironment(HELLO, Map.of("PASSWORD", "hunter2-hunter2"));
            contains("PASSWORD", true);
            contains("hunter2", false);
        }
        contains("hunter2", false);
    }

    @Test
    void aHomeOpensOnceAtATime() throws Exception {
        try (var store = open()) {
            deploy(store);
            refused(
                    ErrorCode.CONFLICT,
                    this::open,
                    "in use by another server, process "
                            + ProcessHandle.current().pid());
        }
        open().close();
    }

    @Test
    void aHomeOpensInOneProcessAtATime() throws Exception {
        try (var other = Fork.of(OpenHome.class, home.toString())) {
            assertThat(other.nextLine()).isEqualTo("open");

            refused(ErrorCode.CONFLICT, this::open, "process " + other.pid());

            other.kill();
        }
        open().close();
    }

    @Test
    void aKeyThatOthersMayReadIsRefused() throws Exception {
        open().close();
        Files.setPosixFilePermissions(home.resolve("secret.key"), PosixFilePermissions.fromString("rw-r-----"));

        refused(ErrorCode.FORBIDDEN, this::open, "secret.key is readable by others: rw-r----- (expected: rw-------)");
    }

    @Test
    void aLostOrCutKeyIsNoticedAtTheStart() throws Exception {
        open().close();
        Files.delete(home.resolve("secret.key"));
        refused(ErrorCode.CONFLICT, this::open, "not the key that this home's variables are encrypted with");

        Files.write(home.resolve("secret.key"), new byte[7]);
        refused(ErrorCode.INTERNAL, this::open, "secret.key: 7 (expected: 32 bytes)");
    }

    @Test
    void aHomeOfANewerMayflyIsRefused() throws Exception {
        open().close();
        sql("INSERT INTO schema_history VALUES (99, 'V99__later.sql', 'x', 0)");

        refused(ErrorCode.CONFLICT, this::open, "schema version of catalog: 99 (expected: <= 5)");
    }

    @Test
    void recordsThatAnOlderMayflyWroteAreReadAndCounted() throws Exception {
        var script = Files.readAllBytes(Path.of("src/main/resources/dev/mayfly/store/sqlite/catalog/V1__first.sql"));
        sql(new String(script, StandardCharsets.UTF_8));
        sql("CREATE TABLE schema_history (version INTEGER NOT NULL PRIMARY KEY, script TEXT NOT NULL,"
                + " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
        sql("INSERT INTO schema_history VALUES (1, 'V1__first.sql', '"
                + Digest.of(script).hex() + "', 0)");
        sql("INSERT INTO usage VALUES (" + InvocationId.of(NOON, 1).value()
                + ", 'hello', 'aaaaaaaaa1', 'api/hello', 'aaaaaaaaa1-0', 'HTTP', " + NOON
                + ", 1, 97000, 3000, 3, 536870912, 2500, 1500, 'PROC', 10, 20, 'OK', 200, 1)");

        try (var store = open()) {
            var found = new ArrayList<UsageRecord>();
            store.usage().coldStarts(new UsageLedger.Filter(HELLO, null, null, null), 10, found::add);

            assertThat(found).singleElement().satisfies(old -> {
                assertThat(old.initMicros()).isEqualTo(97_000);
                assertThat(old.start()).isEqualTo(ColdStart.NONE);
            });
            assertThat(store.usage().sums(new UsageLedger.Filter(null, null, null, null)))
                    .singleElement()
                    .extracting(UsageLedger.Sum::cold)
                    .isEqualTo(1L);
            store.usage().append(usage(HELLO, NOON, 0));
            assertThat(store.usage().find(InvocationId.of(NOON, 0))).contains(usage(HELLO, NOON, 0));
        }
    }

    @Test
    void aMigrationThatWasEditedIsRefused() throws Exception {
        open().close();
        sql("UPDATE schema_history SET checksum = 'x' WHERE version = 1");

        refused(ErrorCode.INTERNAL, this::open, "migration catalog/V1__first.sql is not the one");
    }

    @Test
    void aFileThatIsNoDatabaseIsSaidToBeNone() throws Exception {
        Files.writeString(
                home.resolve("mayfly.db"), "this is not a database, and long enough to be looked at ".repeat(20));

        refused(ErrorCode.INTERNAL, this::open, "file is not a database");
        assertThat(home.resolve("mayfly.db")).content().startsWith("this is not a database");
    }

    @Test
    void aClosedStoreSaysSo() throws Exception {
        var store = open();
        store.close();

        refused(ErrorCode.UNAVAILABLE, () -> store.catalog().environment(HELLO), "the store is closed");
        refused(ErrorCode.UNAVAILABLE, () -> deploy(store), "the store is closed");
    }

    @Test
    void removedProjectsGiveTheirSpaceBack() throws Exception {
        try (var store = open()) {
            deploy(store);
            store.catalog().removeProject(HELLO);
        }
        long before = Files.size(home.resolve("mayfly.db"));

        try (var store = open()) {
            for (int n = 0; n < 50; n++) {
                store.catalog()
                        .addDeployment(Catalog.FIRST_TEAM, deployment(HELLO, n), true, new Ports(10_000, 20_000 + n));
            }
            store.catalog().removeProject(HELLO);
        }

        assertThat(Files.size(home.resolve("mayfly.db"))).isLessThan(before + 64 * 1024);
    }

    private LocalStore open() throws IOException {
        return LocalStore.open(home, home.resolve("artifacts"), Clock.systemUTC());
    }

    private static void deploy(LocalStore store) {
        store.catalog().addDeployment(Catalog.FIRST_TEAM, deployment(HELLO, 0), false, new Ports(10_000, 20_000));
    }

    private void sql(String statement) throws SQLException {
        try (var connection = JDBC.createConnection("jdbc:sqlite:" + home.resolve("mayfly.db"), new Properties());
                var update = connection.createStatement()) {
            update.executeUpdate(statement);
        }
    }

    private void contains(String text, boolean expected) throws IOException {
        boolean found = false;
        try (var files = Files.list(home)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                found |= Files.readString(file, StandardCharsets.ISO_8859_1).contains(text);
            }
        }
        assertThat(found).as(text).isEqualTo(expected);
    }

    private static void refused(ErrorCode code, ThrowingCallable call, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code))
                .hasMessageContaining(message);
    }
}
