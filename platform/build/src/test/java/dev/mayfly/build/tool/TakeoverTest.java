package dev.mayfly.build.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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

        new Takeover(made).into(layer);

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

        new Takeover(made).into(layer);

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

        new Takeover(made).into(layer);

        assertThat(layer).isEmptyDirectory();
    }

    @Test
    @EnabledIfSystemProperty(named = "user.name", matches = "root", disabledReason = "only root can give files away")
    void filesOfSomebodyElseStayBehind() throws IOException {
        Files.writeString(made.resolve("own"), "own");
        Files.createLink(made.resolve("shared"), folder.resolve("secret"));
        Files.setAttribute(made, "unix:uid", 64_321);
        Files.setAttribute(made.resolve("own"), "unix:uid", 64_321);

        new Takeover(made).into(layer);

        assertThat(layer.resolve("own")).exists();
        assertThat(layer.resolve("shared")).doesNotExist();
    }
}
