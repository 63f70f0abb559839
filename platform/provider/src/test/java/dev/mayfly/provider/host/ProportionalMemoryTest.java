package dev.mayfly.provider.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProportionalMemoryTest {
    @TempDir
    private Path proc;

    private void write(String rollup) throws Exception {
        Files.createDirectories(proc.resolve("7"));
        Files.writeString(proc.resolve("7/smaps_rollup"), rollup);
    }

    @Test
    void theShareIsRead() throws Exception {
        write("""
                55d0c0a00000-7ffd0f5fe000 ---p 00000000 00:00 0                          [rollup]
                Rss:               14000 kB
                Pss:                3504 kB
                Pss_Dirty:          1000 kB
                """);

        assertThat(new ProportionalMemory(proc).apply(7)).hasValue(3504 * 1024);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Pss:  kB\n", "Pss: 99999999999999999999 kB\n", "Rss: 1 kB\n"})
    void whatIsNotThereIsNone(String rollup) throws Exception {
        write(rollup);

        assertThat(new ProportionalMemory(proc).apply(7)).isEmpty();
    }

    @Test
    void aProcessThatEndedHasNone() {
        assertThat(new ProportionalMemory(proc).apply(8)).isEmpty();
    }

    @Test
    void thisProcessHasSome() {
        assertThat(ProportionalMemory.OF_THIS_MACHINE
                        .apply(ProcessHandle.current().pid())
                        .orElseThrow())
                .isGreaterThan(1 << 20);
    }
}
