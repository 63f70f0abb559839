package dev.mayfly.build.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUseTest {
    @TempDir
    private Path folder;

    @Test
    void allFoldersCountTogether() throws IOException {
        var one = Files.createDirectories(folder.resolve("one/below"));
        var two = Files.createDirectory(folder.resolve("two"));
        Files.write(one.resolve("file"), new byte[50_000]);
        Files.write(two.resolve("file"), new byte[50_000]);

        assertThat(DiskUse.exceeds(List.of(one, two, folder.resolve("absent")), 99_999))
                .isTrue();
        assertThat(DiskUse.exceeds(List.of(one, two), 100_000)).isFalse();
    }

    @Test
    void manyEmptyFilesCount() throws IOException {
        for (int i = 0; i < 10; i++) {
            Files.createFile(folder.resolve("file" + i));
        }

        assertThat(DiskUse.exceeds(List.of(folder), 40_000)).isTrue();
    }

    @Test
    void filesOfAllSizesTogetherDoNotOverflow() throws IOException {
        for (int i = 0; i < 3; i++) {
            try (var file = new RandomAccessFile(folder.resolve("hole" + i).toFile(), "rw")) {
                file.setLength(1L << 43);
            }
        }

        assertThat(DiskUse.exceeds(List.of(folder), Long.MAX_VALUE - 1)).isFalse();
        assertThat(DiskUse.exceeds(List.of(folder), 1L << 44)).isTrue();
    }

    @Test
    void whatLiesBehindALinkDoesNotCount() throws IOException {
        var place = Files.createDirectory(folder.resolve("place"));
        var other = Files.createDirectory(folder.resolve("other"));
        Files.write(other.resolve("file"), new byte[50_000]);
        Files.createSymbolicLink(place.resolve("link"), other);

        assertThat(DiskUse.exceeds(List.of(place), 40_000)).isFalse();
        assertThat(DiskUse.exceeds(List.of(folder), 40_000)).isTrue();
    }

    @Test
    void foldersThatAreNestedTooDeepCountAsTooMuch() throws IOException {
        Files.createDirectories(folder.resolve("d/".repeat(150)));

        assertThat(DiskUse.exceeds(List.of(folder), 1L << 40)).isTrue();
    }
}
