package dev.mayfly.provider.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RuntimeDirectoryTest {
    @TempDir
    private Path folder;

    @Test
    void twoHomesHaveTwoAndOneHomeAlwaysTheSame() {
        var one = RuntimeDirectory.forHome(folder.resolve("one"), Map.of());
        var other = RuntimeDirectory.forHome(folder.resolve("other"), Map.of());

        assertThat(one)
                .isEqualTo(RuntimeDirectory.forHome(folder.resolve("./one"), Map.of()))
                .isNotEqualTo(other);
        assertThat(one.root()).isNotEqualTo(other.root());
    }

    @Test
    void socketPathsFit() {
        var directory = RuntimeDirectory.forHome(folder.resolve("a".repeat(200)), Map.of());

        assertThat(directory.instances().resolve("zzzzzz/control.sock").toString())
                .hasSizeLessThan(107);
    }

    @Test
    void aLinkInItsPlaceIsNotFollowed() throws Exception {
        var place = folder.resolve("run");
        Files.createSymbolicLink(place, Files.createDirectory(folder.resolve("elsewhere")));
        var directory = new RuntimeDirectory("00000000", place, folder.resolve("scratch"));

        assertThatThrownBy(() -> directory.create(new Kernel().effectiveUser())).hasMessageContaining("cannot use");
    }
}
