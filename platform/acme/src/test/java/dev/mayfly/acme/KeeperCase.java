package dev.mayfly.acme;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Keepers over a store of their own, for each test. */
abstract class KeeperCase {
    @TempDir
    Path home;

    TestKeepers keepers;

    @BeforeEach
    void open() throws IOException {
        keepers = new TestKeepers(home);
    }

    @AfterEach
    void close() {
        keepers.close();
    }
}
