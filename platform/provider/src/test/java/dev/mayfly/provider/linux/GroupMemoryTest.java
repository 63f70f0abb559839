package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of control groups of both versions. */
final class GroupMemoryTest {
    @TempDir
    private Path folder;

    private GroupMemory memory;

    @BeforeEach
    void begin() {
        memory = new GroupMemory(folder.resolve("proc"), folder.resolve("groups"));
    }

    private void in(String lines) throws IOException {
        var process = Files.createDirectories(folder.resolve("proc/7"));
        Files.writeString(process.resolve("cgroup"), lines);
    }

    private void file(String path, String text) throws IOException {
        var file = folder.resolve("groups").resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void of_version_two() throws IOException {
        in("0::/pod/mayfly-1/s3\n");
        file("pod/mayfly-1/s3/memory.current", "5000\n");
        file("pod/mayfly-1/s3/memory.stat", "anon 7\ninactive_file 1000\n");
        file("pod/mayfly-1/memory.current", "9000\n");

        assertThat(memory.of(7)).hasValue(4000);
        assertThat(memory.ofAll(7)).hasValue(9000);
    }

    @Test
    void of_version_one_beside_two_that_does_not_count_it() throws IOException {
        in("4:memory:/a/mayfly-1/s3\n2:cpuacct:/a/mayfly-1/s3\n0::/mayfly-1/s3\n");
        file("memory/a/mayfly-1/s3/memory.usage_in_bytes", "5000\n");
        file("memory/a/mayfly-1/s3/memory.stat", "inactive_file 1\ntotal_inactive_file 2000\n");
        file("memory/a/mayfly-1/memory.usage_in_bytes", "6000\n");
        Files.createDirectories(folder.resolve("groups/mayfly-1/s3"));

        assertThat(memory.of(7)).hasValue(3000);
        assertThat(memory.ofAll(7)).hasValue(6000);
    }

    @Test
    void whoever_has_no_group_of_its_own_is_not_counted() throws IOException {
        in("4:memory:/user.slice/session\n");
        file("memory/user.slice/session/memory.usage_in_bytes", "5000\n");

        assertThat(memory.of(7)).isEqualTo(OptionalLong.empty());
        assertThat(memory.of(8)).as("one that is gone").isEqualTo(OptionalLong.empty());
        in("0::/../../etc/mayfly-1/s3\n");
        assertThat(memory.of(7)).isEqualTo(OptionalLong.empty());
    }
}
