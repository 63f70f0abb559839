package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The server's own log. */
class ServerLogTest {
    @TempDir
    Path folder;

    @Test
    void whatIsLoggedIsInTheFileWhenTheLogIsClosedAndOnlyItsOwnerReadsIt() throws Exception {
        var file = folder.resolve("server.log");
        try (var log = ServerLog.to(file)) {
            LoggerFactory.getLogger(log.getClass()).info("a word");
        }

        assertThat(Files.readString(file)).containsPattern("^\\d{4}-\\d\\d-\\d\\dT\\S+ INFO +ServerLog a word\n$");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
}
