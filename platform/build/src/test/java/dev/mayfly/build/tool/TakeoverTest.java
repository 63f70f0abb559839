package dev.mayfly.build.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class TakeoverTest {
    @TempDir
    private Path folder;

    private Path made;
    private Path layer;

    @BeforeEach
    void folders() throws IOException {
        made = Files.createDirectory(folder.resolve("made"));
        layer = Files.createDirectory(folder.resolve("layer"));
        Files.writeString(folder.resolve("secret"), "secret");
    }

    @Test
    void filesAndFoldersComeOverWithPlainPermissions() throws IOException {
        Files.createDirectories(made.resolve("a/b"));
        Files.writeString(made.resolve("a/b/c.py"), "x = 1");
        Files.writeString(made.resolve("run"), "#!");
        Files.setAttribute(made.resolve("run"), "unix:mode", 0104755);

        new Takeover(made, BuildLimits.DEFAULTS).into(layer);

        assertThat(layer.resolve("a/b/c.py")).hasContent("x = 1");
        assertThat(Files.getAttribute(layer.resolve("run"), "unix:mode")).isEqualTo(0100755);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(layer.resolve("a/b/c.py"))))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void linksWithinComeOverAndThoseOutOfItDoNot() throws IOException {
        Files.createDirectory(made.resolve("lib"));
        Files.writeString(made.resolve("lib/real.so.1"), "so");
        Files.createSymbolicLink(made.resolve("lib/real.so"), Path.of("real.so.1"));
        Files.createSymbolicLink(made.resolve("lib/up"), Path.of("../lib"));
        Files.createSymbolicLink(made.resolve("lib/out"), Path.of("../../secret"));
        Files.createSymbolicLink(made.resolve("absolute"), folder.resolve("secret"));

        new Takeover(made, BuildLimits.DEFAULTS).into(layer);

        assertThat(layer.resolve("lib/real.so")).isSymbolicLink().hasContent("so");
        assertThat(layer.resolve("lib/up")).isSymbolicLink();
        assertThat(Files.exists(layer.resolve("lib/out"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
        assertThat(Files.exists(layer.resolve("absolute"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }

    @Test
    void foldersBehindLinksAreNotEntered() throws IOException {
        Files.createSymbolicLink(made.resolve("all"), folder);

        new Takeover(made, BuildLimits.DEFAULTS).into(layer);

        assertThat(layer).isEmptyDirectory();
    }

    @Test
    @EnabledIfSystemProperty(named = "user.name", matches = "root", disabledReason = "only root can give files away")
    void filesOfSomebodyElseStayBehind() throws IOException {
        Files.writeString(made.resolve("own"), "own");
        Files.createLink(made.resolve("shared"), folder.resolve("secret"));
        Files.setAttribute(made, "unix:uid", 64_321);
        Files.setAttribute(made.resolve("own"), "unix:uid", 64_321);

        new Takeover(made, BuildLimits.DEFAULTS).into(layer);

        assertThat(layer.resolve("own")).exists();
        assertThat(layer.resolve("shared")).doesNotExist();
    }

    private void refused(BuildLimits limits, String why) {
        assertThatThrownBy(() -> new Takeover(made, limits).into(layer))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining(why);
    }

    private static BuildLimits layers(long bytes, int files) {
        var usual = BuildLimits.DEFAULTS;
        return new BuildLimits(
                usual.memory(),
                usual.cpu(),
                usual.pids(),
                usual.step(),
                usual.file(),
                usual.disk(),
                bytes,
                files,
                usual.cache());
    }

    @Test
    void aHoleOfTerabytesIsNotFilled() throws IOException {
        try (var file = new RandomAccessFile(made.resolve("hole").toFile(), "rw")) {
            file.setLength(1L << 43);
        }

        refused(BuildLimits.DEFAULTS, "a layer may have 8 GiB of files");

        assertThat(layer).isEmptyDirectory();
    }

    @Test
    void filesCountTogether() throws IOException {
        Files.writeString(made.resolve("a"), "x".repeat(600));
        Files.writeString(made.resolve("b"), "x".repeat(600));

        refused(layers(1000, 10), "a layer may have 1000 B of files");
    }

    @Test
    void noMoreEntriesComeOverThanALayerMayHave() throws IOException {
        for (int i = 0; i < 3; i++) {
            Files.createSymbolicLink(made.resolve("link" + i), Path.of("x"));
        }

        refused(layers(1000, 2), "a layer may have 2 files and folders");
    }
}
