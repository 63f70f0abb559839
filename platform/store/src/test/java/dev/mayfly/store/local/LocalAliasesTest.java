package dev.mayfly.store.local;

import dev.mayfly.store.AliasesContract;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.secret.KeyFile;
import dev.mayfly.store.secret.Sealer;
import dev.mayfly.store.sqlite.SqliteStore;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class LocalAliasesTest extends AliasesContract {
    private final List<SqliteStore> opened = new ArrayList<>();
    private final Path home;

    LocalAliasesTest(@TempDir Path home) {
        this.home = home;
    }

    @Override
    protected Catalog open() throws IOException {
        var random = new SecureRandom();
        var sealer = new Sealer(KeyFile.loadOrMake(home.resolve("secret.key"), random), random);
        var store = SqliteStore.open(home, sealer, Clock.systemUTC());
        opened.add(store);
        return store.catalog();
    }

    @Override
    protected Catalog beside() throws IOException {
        return open();
    }

    @AfterEach
    void close() {
        opened.forEach(SqliteStore::close);
    }
}
