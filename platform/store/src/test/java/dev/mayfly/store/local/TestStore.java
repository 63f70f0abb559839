package dev.mayfly.store.local;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;

/** A store in a folder of a test, to be closed and opened again. */
final class TestStore implements AutoCloseable {
    private final Path home;
    private LocalStore store;

    TestStore(Path home) throws IOException {
        this.home = home;
        this.store = open();
    }

    LocalStore store() {
        return store;
    }

    LocalStore reopen() throws IOException {
        store.close();
        store = open();
        return store;
    }

    @Override
    public void close() {
        store.close();
    }

    private LocalStore open() throws IOException {
        return LocalStore.open(home, home.resolve("artifacts"), Clock.systemUTC());
    }
}
