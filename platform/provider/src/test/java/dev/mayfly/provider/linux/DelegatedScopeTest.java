package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DelegatedScopeTest {
    private static final List<String> COMMAND = List.of("/opt/mayfly-launcher", "serve");

    @TempDir
    Path session;

    private DelegatedScope scope(int user, Path tool) {
        return new DelegatedScope(user, Map.of("XDG_RUNTIME_DIR", session.toString()), tool);
    }

    private void withSystemd() throws IOException {
        Files.createFile(Files.createDirectories(session.resolve("systemd")).resolve("private"));
    }

    @Test
    void anOrdinaryUserWithASystemdGetsAScopeOfItsOwn() throws IOException {
        withSystemd();

        var words = scope(1000, Path.of("/bin/sh")).around(COMMAND);

        assertThat(words)
                .containsExactly(
                        "/bin/sh",
                        "--user",
                        "--scope",
                        "--quiet",
                        "--collect",
                        "--property=Delegate=yes",
                        "--",
                        "/opt/mayfly-launcher",
                        "serve");
    }

    @Test
    void rootAndWhoHasNoSystemdStartItAsItIs() throws IOException {
        assertThat(scope(1000, Path.of("/bin/sh")).around(COMMAND)).isEqualTo(COMMAND);
        withSystemd();

        assertThat(scope(0, Path.of("/bin/sh")).around(COMMAND)).isEqualTo(COMMAND);
        assertThat(scope(1000, session.resolve("missing")).around(COMMAND)).isEqualTo(COMMAND);
    }
}
