package dev.mayfly.store.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs a mount namespace, in which the small file system exists only as long as the process that fills it. */
class FullDiskTest {
    private static final List<String> NAMESPACE =
            List.of("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private", "sh", "-c");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path home;

    @Test
    void aFullDiskIsSaidToBeFullAndNothingIsLeftBehind() throws Exception {
        assumeTrue(namespacesWork(), "mount namespaces are not allowed here");
        var wrapper = new ArrayList<>(NAMESPACE);
        wrapper.add("mount -t tmpfs -o size=5m tmpfs '" + home + "' && exec \"$@\"");
        wrapper.add("sh");

        try (var store = Fork.of(wrapper, FillDisk.class, home.toString())) {
            assertThat(store.nextLine()).isEqualTo("survived");
            assertThat(store.exitCode()).isZero();
        }

        assertThat(home).isEmptyDirectory();
    }

    private boolean namespacesWork() throws IOException, InterruptedException {
        var command = new ArrayList<>(NAMESPACE);
        command.add("mount -t tmpfs tmpfs '" + home + "'");
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
