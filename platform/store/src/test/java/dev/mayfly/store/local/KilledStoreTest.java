package dev.mayfly.store.local;

import static dev.mayfly.store.Samples.HELLO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.AliasName;
import dev.mayfly.store.Logs;
import dev.mayfly.store.Samples;
import dev.mayfly.store.UsageLedger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.HashSet;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.JDBC;

class KilledStoreTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path home;

    @Test
    void whatWasAcknowledgedBeforeAKillIsThereExactlyOnce() throws Exception {
        killAndLook(new Random(1), 4);
    }

    @Test
    @Tag("soak")
    void whatWasAcknowledgedBeforeManyKillsIsThereExactlyOnce() throws Exception {
        killAndLook(new Random(2), 100);
    }

    private void killAndLook(Random random, int kills) throws Exception {
        int acknowledged = 0;
        int next = 0;
        for (int kill = 0; kill < kills; kill++) {
            try (var writer = Fork.of(AppendUntilKilled.class, home.toString(), Integer.toString(next))) {
                for (int flushes = random.nextInt(1, 6); flushes > 0; flushes--) {
                    acknowledged = Integer.parseInt(String.valueOf(writer.nextLine()));
                }
                busyFor(random.nextInt(3_000_000));
                writer.kill();
            }
            next = look(acknowledged) + 1;
            next += (100 - next % 100) % 100 + 100;
        }
    }

    /** The highest number found. */
    private int look(int acknowledged) throws Exception {
        for (var file : new String[] {"mayfly.db", "logs.db"}) {
            assertThat(integrity(file)).isEqualTo("ok");
        }
        try (var store = LocalStore.open(home, home.resolve("artifacts"), Clock.systemUTC())) {
            var records = store.usage().records(new UsageLedger.Filter(null, null, null, null), Integer.MAX_VALUE);
            var numbers = new HashSet<Integer>();
            records.forEach(found -> assertThat(numbers.add((int) (found.id().value() & 0x3FFFFF)))
                    .isTrue());
            assertThat(numbers).contains(acknowledged);
            var sum = store.usage().sums(new UsageLedger.Filter(null, null, null, null));
            assertThat(sum)
                    .singleElement()
                    .satisfies(s -> assertThat(s.invocations()).isEqualTo(numbers.size()));
            var lines = store.logs()
                    .read(new Logs.Filter(HELLO, null, null, null, null), 0, Integer.MAX_VALUE, false)
                    .lines();
            assertThat(lines).extracting(entry -> entry.line().text()).doesNotHaveDuplicates();
            assertThat(lines).extracting(entry -> entry.line().text()).contains(Integer.toString(acknowledged));
            var project = store.catalog().snapshot().project(HELLO).orElseThrow();
            assertThat(project.deployments()).containsKey(Samples.deploymentId(acknowledged / 100));
            var production = project.alias(AliasName.PRODUCTION).orElseThrow();
            assertThat(production.shares().getLast().deployment())
                    .as("the old or the new, with all its parts")
                    .isIn(project.deployments().keySet());
            assertThat(production.shares().getFirst().deployment()).isEqualTo(Samples.deploymentId(0));
            assertThat(production.shares()).hasSizeLessThan(3);
            assertThat(store.catalog()
                            .moves(HELLO, Optional.of(AliasName.PRODUCTION))
                            .getFirst()
                            .shares())
                    .isEqualTo(production.shares());
            return Math.max(
                    numbers.stream().mapToInt(n -> n).max().orElseThrow(),
                    100 * project.deployments().size());
        }
    }

    private String integrity(String file) throws SQLException {
        try (var connection = JDBC.createConnection("jdbc:sqlite:" + home.resolve(file), new Properties());
                var statement = connection.createStatement();
                var answer = statement.executeQuery("PRAGMA integrity_check")) {
            answer.next();
            return answer.getString(1);
        }
    }

    /** So that the kill comes at some moment between two flushes. */
    private static void busyFor(long nanos) {
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
