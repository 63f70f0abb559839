package dev.mayfly.store.sqlite;

import dev.mayfly.store.Catalog;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.Logs;
import dev.mayfly.store.UsageLedger;
import dev.mayfly.store.secret.Sealer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;

/**
 * Catalog, certificates and usage ledger in {@code mayfly.db}, logs in {@code logs.db}. Several servers may have a folder open: each sees within
 * half a second what another one did to the catalog.
 */
public final class SqliteStore implements AutoCloseable {
    private final Database main;
    private final Database lines;
    private final SqliteCatalog catalog;
    private final SqliteUsageLedger usage;
    private final SqliteLogs logs;
    private final CertificateStore certificates;

    /** Opens the two files in {@code folder}, making or migrating them first. */
    public static SqliteStore open(Path folder, Sealer sealer, Clock clock) throws IOException {
        NativeLibrary.keepIn(folder.resolve("native"));
        var main = Database.open(folder.resolve("mayfly.db"), Durability.FULL, Migrations.CATALOG, clock);
        try {
            var catalog = new SqliteCatalog(main, sealer, clock);
            var lines = Database.open(folder.resolve("logs.db"), Durability.NORMAL, Migrations.LOGS, clock);
            catalog.watch();
            return new SqliteStore(main, lines, catalog, new SqliteCertificates(main, sealer));
        } catch (IOException | RuntimeException e) {
            main.close();
            throw e;
        }
    }

    private SqliteStore(Database main, Database lines, SqliteCatalog catalog, CertificateStore certificates) {
        this.main = main;
        this.lines = lines;
        this.catalog = catalog;
        this.usage = new SqliteUsageLedger(main);
        this.logs = new SqliteLogs(lines);
        this.certificates = certificates;
    }

    public Catalog catalog() {
        return catalog;
    }

    public UsageLedger usage() {
        return usage;
    }

    public Logs logs() {
        return logs;
    }

    public CertificateStore certificates() {
        return certificates;
    }

    /** Writes what waits in memory, then closes the files. */
    @Override
    public void close() {
        usage.close();
        logs.close();
        catalog.watchNoLonger();
        main.close();
        catalog.close();
        lines.close();
    }
}
