package dev.mayfly.provider.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.provider.host.Kernel;
import dev.mayfly.provider.host.ProcessTable;
import dev.mayfly.provider.host.UserRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start finds of a server that was killed. */
final class SweepTest {
    @TempDir
    private Path folder;

    private final Kernel kernel = new Kernel();
    private final ProcessTable table = new ProcessTable(Path.of("/proc"));
    private ProcessFixture fixture;
    private Optional<UserRange> users = Optional.empty();

    @BeforeEach
    void start() throws IOException {
        fixture = new ProcessFixture(folder);
        fixture.directory.create(kernel.effectiveUser());
        if (kernel.effectiveUser() == 0) {
            users = UserRange.of(fixture.directory.key(), Path.of("/proc"));
        }
    }

    private int sweep() {
        return new Sweep(kernel, table, fixture.directory, users).run();
    }

    private Process sleeper(List<String> prefix, Optional<String> mark) throws IOException {
        var command = new java.util.ArrayList<>(prefix);
        command.addAll(List.of("/usr/bin/python3", "-S", "-c", "import time; time.sleep(3600)"));
        var builder = new ProcessBuilder(command);
        mark.ifPresent(place -> builder.environment().put(InstanceFolder.MARK_NAME, place));
        return builder.start();
    }

    private List<String> asUser() {
        return users.flatMap(UserRange::take)
                .map(user -> Tools.privileges(Path.of("/usr/bin/setpriv"), Optional.of(user)).stream()
                        .filter(word -> !word.equals("--pdeathsig") && !word.equals("KILL"))
                        .toList())
                .orElse(List.of());
    }

    @Test
    void anOrphanOfOursIsEndedAndItsFoldersAreGone() throws Exception {
        var place = fixture.directory.instances().resolve("1");
        Files.createDirectories(place.resolve("deep/er"));
        Files.createDirectories(fixture.directory.scratch().resolve("1"));
        var orphan = sleeper(asUser(), Optional.of(place.toString()));
        try {
            await().until(() -> table.environment(orphan.pid()).contains("MAYFLY_RUN=" + place)
                    && (users.isEmpty() || !table.users(orphan.pid()).contains(0)));

            assertThat(sweep()).isEqualTo(1);

            assertThat(orphan.waitFor()).isEqualTo(137);
            assertThat(fixture.directory.instances()).isEmptyDirectory();
            assertThat(fixture.directory.scratch()).isEmptyDirectory();
        } finally {
            orphan.destroyForcibly();
        }
    }

    @Test
    void aProcessThatOnlyHasThePidOfOneOfOursIsLeftAlone() throws Exception {
        var stranger = sleeper(List.of(), Optional.empty());
        try {
            var row = table.find(stranger.pid()).orElseThrow();
            var leftover = new Leftover(Optional.empty(), row.pid(), row.startTicks() - 1);
            Files.writeString(fixture.directory.records().resolve("1"), leftover.line());
            Files.createDirectory(fixture.directory.instances().resolve("1"));

            assertThat(sweep()).isZero();

            assertThat(stranger.isAlive()).isTrue();
            assertThat(fixture.directory.records()).isEmptyDirectory();
        } finally {
            stranger.destroyForcibly().waitFor();
        }
    }

    @Test
    void aProcessOfAnotherHomeIsLeftAlone() throws Exception {
        var place = "/run/mayfly-ffffffff/i/1";
        Files.createDirectory(fixture.directory.instances().resolve("1"));
        var stranger = sleeper(asUser(), Optional.of(place));
        try {
            await().until(() -> table.environment(stranger.pid()).contains("MAYFLY_RUN=" + place)
                    && (users.isEmpty() || !table.users(stranger.pid()).contains(0)));

            assertThat(sweep()).isZero();

            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly().waitFor();
        }
    }

    @Test
    void aRecordThatWasCutShortIsNoRecord() {
        assertThat(Leftover.parse("2000 12")).isEmpty();
        assertThat(Leftover.parse("")).isEmpty();
        assertThat(Leftover.parse("- 12 13")).contains(new Leftover(Optional.empty(), 12, 13));
    }
}
