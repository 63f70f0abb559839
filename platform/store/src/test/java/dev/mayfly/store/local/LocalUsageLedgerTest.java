package dev.mayfly.store.local;

import dev.mayfly.store.UsageLedger;
import dev.mayfly.store.UsageLedgerContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class LocalUsageLedgerTest extends UsageLedgerContract {
    private final TestStore store;

    LocalUsageLedgerTest(@TempDir Path home) throws IOException {
        store = new TestStore(home);
    }

    @Override
    protected UsageLedger open() {
        return store.store().usage();
    }

    @Override
    protected UsageLedger reopen() throws IOException {
        return store.reopen().usage();
    }

    @AfterEach
    void close() {
        store.close();
    }
}
