package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where artifacts go, by who can get there. */
class PlacesTest {
    @TempDir
    Path folder;

    @Test
    void inTheHomeWhereEveryoneMayPassThroughIt() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));

        assertThat(Places.of(folder, "0123abcd", true, Optional.empty()).artifacts())
                .isEqualTo(folder.resolve("artifacts"));
    }

    @Test
    void outsideWhereTheHomeIsClosedAndFunctionsAreOtherUsers() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));

        var places = Places.of(folder, "0123abcd", true, Optional.empty());
        assertThat(places.artifacts()).isEqualTo(Path.of("/var/lib/mayfly/0123abcd/artifacts"));
        assertThat(places.builds()).isEqualTo(Path.of("/var/lib/mayfly/0123abcd/builds"));
        assertThat(places.reason()).isEqualTo(folder.toRealPath() + " is closed to the users that functions run as");
        assertThat(Places.of(folder, "0123abcd", false, Optional.empty()).artifacts())
                .isEqualTo(folder.resolve("artifacts"));
    }

    @Test
    void whereTheOperatorSays() {
        var places = Places.of(folder, "0123abcd", true, Optional.of(Path.of("/srv/x")));

        assertThat(places.artifacts()).isEqualTo(Path.of("/srv/x"));
        assertThat(places.builds()).isEqualTo(Path.of("/srv/x-builds"));
    }
}
