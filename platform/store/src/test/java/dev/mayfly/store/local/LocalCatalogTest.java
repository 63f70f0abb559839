package dev.mayfly.store.local;

import dev.mayfly.store.Catalog;
import dev.mayfly.store.CatalogContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class LocalCatalogTest extends CatalogContract {
    private final TestStore store;

    LocalCatalogTest(@TempDir Path home) throws IOException {
        store = new TestStore(home);
    }

    @Override
    protected Catalog open() {
        return store.store().catalog();
    }

    @Override
    protected Catalog reopen() throws IOException {
        return store.reopen().catalog();
    }

    @AfterEach
    void close() {
        store.close();
    }
}
