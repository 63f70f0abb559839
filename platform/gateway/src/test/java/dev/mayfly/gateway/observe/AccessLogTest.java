package dev.mayfly.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines, where they go, and what happens where they cannot. */
@Timeout(60)
class AccessLogTest {
    @TempDir
    Path folder;

    private static Served served(String path, @Nullable String agent) {
        return new Served(
                1_764_205_323_004L,
                "127.0.0.1",
                "GET",
                "hello.localhost",
                path,
                Protocol.HTTP_1_1,
                200,
                1,
                2,
                3_004_567,
                Kind.FUNCTION,
                null,
                null,
                null,
                "id",
                agent,
                null,
                null,
                null,
                Ending.COMPLETE);
    }

    private AccessLog open(Path file) throws IOException {
        return AccessLog.to(file, SampleRate.ALL, () -> 0, Clock.systemUTC());
    }

    @Test
    void aLineSaysWhatIsKnownAndNothingElse() throws IOException {
        var file = folder.resolve("access.log");
        try (var log = open(file)) {
            log.served(200, () -> served("/a", null));
        }

        assertThat(Files.readString(file))
                .isEqualTo("{\"time\":\"2025-11-27T01:02:03.004Z\",\"kind\":\"function\",\"client\":\"127.0.0.1\","
                        + "\"method\":\"GET\",\"host\":\"hello.localhost\",\"path\":\"/a\",\"protocol\":\"HTTP/1.1\","
                        + "\"status\":200,\"bytes_in\":1,\"bytes_out\":2,\"duration_ms\":3.004,\"id\":\"id\","
                        + "\"end\":\"complete\"}\n");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void nothingThatAClientSendsLeavesItsPlace() throws IOException {
        var file = folder.resolve("access.log");
        try (var log = open(file)) {
            log.served(200, () -> served("/\"}\n{\"status\":200", "\r\n\\\u001b[2J\u0085\u2028\ud800é"));
        }

        assertThat(Files.readString(file))
                .hasLineCount(1)
                .matches("\\p{ASCII}*")
                .contains("\"path\":\"/\\\"}\\u000a{\\\"status\\\":200\"")
                .contains("\"agent\":\"\\u000d\\u000a\\\\\\u001b[2J\\u0085\\u2028\\ud800\\u00e9\"");
    }

    @Test
    void aFileThatIsMovedAwayIsFollowedByAFreshOne() throws IOException {
        var file = folder.resolve("access.log");
        try (var log = open(file)) {
            log.served(200, () -> served("/before", null));
            await().until(() -> log.written() == 1);
            Files.move(file, folder.resolve("access.log.1"));
            log.served(200, () -> served("/after", null));
            await().until(() -> log.written() == 2);
            Files.delete(file);
            log.served(200, () -> served("/last", null));
        }

        assertThat(Files.readString(folder.resolve("access.log.1")))
                .hasLineCount(1)
                .contains("/before");
        assertThat(Files.readString(file)).hasLineCount(1).contains("/last");
    }

    @Test
    void whatCannotBeWrittenIsCountedAndTheLogSaysSo() throws IOException {
        var below = Files.createDirectory(folder.resolve("logs"));
        var file = below.resolve("access.log");
        try (var log = open(file)) {
            Files.move(below, folder.resolve("elsewhere"));
            log.served(200, () -> served("/lost", null));
            await().until(() -> log.dropped() == 1);
            Files.createDirectory(below);
            log.served(200, () -> served("/again", null));
            await().until(() -> log.written() == 1);
        }

        assertThat(Files.readAllLines(file))
                .hasSize(2)
                .anySatisfy(line -> assertThat(line).endsWith("\"dropped\":1}"));
    }

    @Test
    void aDiskThatIsFullCostsLinesAndNothingElse() throws IOException {
        try (var log = open(Path.of("/dev/full"))) {
            log.served(200, () -> served("/lost", null));

            await().until(() -> log.dropped() == 1);
            assertThat(log.written()).isZero();
        }
    }

    @Test
    void whatFindsNoRoomIsDropped() throws IOException {
        var file = folder.resolve("access.log");
        long told;
        try (var log = open(file)) {
            var one = served("/" + "x".repeat(1000), null);
            while (log.dropped() == 0) {
                log.served(200, () -> one);
            }
            await().until(() -> {
                log.served(200, () -> one);
                return Files.readString(file).contains("\"dropped\":");
            });
            told = log.dropped();
        }
        assertThat(told).isPositive();
    }

    @Test
    void aPartIsTakenAndErrorsAlways() throws IOException {
        var draws = List.of(0.05, 0.1, 0.99).iterator();
        var file = folder.resolve("access.log");
        try (var log = AccessLog.to(file, SampleRate.parse("1/10"), draws::next, Clock.systemUTC())) {
            log.served(200, () -> served("/taken", null));
            log.served(200, () -> fail("nobody wanted this"));
            log.served(404, () -> fail("nor this"));
            log.served(500, () -> served("/failed", null));
            log.served(503, () -> served("/busy", null));
        }

        assertThat(Files.readAllLines(file))
                .satisfiesExactly(
                        line -> assertThat(line).contains("/taken"),
                        line -> assertThat(line).contains("/failed"),
                        line -> assertThat(line).contains("/busy"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "2", "-1", "1/0", "0/1", "a", "1/", "NaN", ""})
    void whatIsNoPart(String text) {
        assertThatThrownBy(() -> SampleRate.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(text + " (expected: more than 0 and at most 1, as 0.1 or 1/10)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\n",
            })
    void whatIsNoTrace(String header) {
        assertThat(Trace.read(header)).isNull();
    }

    @Test
    void aTraceOfALaterVersionIsOne() {
        assertThat(Trace.read("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"))
                .isEqualTo(new Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "", true));
    }
}
