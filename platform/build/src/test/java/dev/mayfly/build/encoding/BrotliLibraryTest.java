package dev.mayfly.build.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BrotliLibraryTest {
    @Test
    void itsFileIsGoneWhileItIsUsedSoThatNoKillLeavesIt() throws Exception {
        BrotliLibrary.load();

        assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
                .filteredOn(line -> line.contains("brotli") && line.contains(".so"))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).endsWith("(deleted)"));
    }
}
