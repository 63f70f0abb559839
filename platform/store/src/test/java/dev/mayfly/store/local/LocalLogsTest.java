package dev.mayfly.store.local;

import dev.mayfly.store.Logs;
import dev.mayfly.store.LogsContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class LocalLogsTest extends LogsContract {
    private final TestStore store;

    LocalLogsTest(@TempDir Path home) throws IOException {
        store = new TestStore(home);
    }

    @Override
    protected Logs open() {
        return store.store().logs();
    }

    @Override
    protected Logs reopen() throws IOException {
        return store.reopen().logs();
    }

    @AfterEach
    void close() {
        store.close();
    }
}
