package dev.mayfly.store.local;

import dev.mayfly.store.Artifacts;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.Logs;
import dev.mayfly.store.UsageLedger;
import dev.mayfly.store.files.FileArtifacts;
import dev.mayfly.store.secret.KeyFile;
import dev.mayfly.store.secret.Sealer;
import dev.mayfly.store.sqlite.SqliteStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;

/** Everything durable of one server, in a home directory that it has for itself. */
public final class LocalStore implements AutoCloseable {
    /** How long uploads and layers that nothing refers to are kept, for deploys that are on their way. */
    private static final Duration GRACE = Duration.ofHours(1);

    private final HomeLock lock;
    private final SqliteStore sqlite;
    private final Artifacts artifacts;

    /**
     * Opens or makes the store of {@code home}.
     *
     * @param artifactRoot where blobs and layers are; a folder, all of whose parents unprivileged users may pass
     * @throws dev.mayfly.model.ProblemException conflict when another server has the home, or a newer one has used it; forbidden when others
     *     may read its key
     */
    public static LocalStore open(Path home, Path artifactRoot, Clock clock) throws IOException {
        Files.createDirectories(home);
        var lock = HomeLock.take(home);
        try {
            var random = new SecureRandom();
            var artifacts = FileArtifacts.open(artifactRoot, GRACE, clock, random);
            var sealer = new Sealer(KeyFile.loadOrMake(home.resolve("secret.key"), random), random);
            return new LocalStore(lock, SqliteStore.open(home, sealer, clock), artifacts);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private LocalStore(HomeLock lock, SqliteStore sqlite, Artifacts artifacts) {
        this.lock = lock;
        this.sqlite = sqlite;
        this.artifacts = artifacts;
    }

    public Catalog catalog() {
        return sqlite.catalog();
    }

    public Artifacts artifacts() {
        return artifacts;
    }

    public UsageLedger usage() {
        return sqlite.usage();
    }

    public Logs logs() {
        return sqlite.logs();
    }

    public CertificateStore certificates() {
        return sqlite.certificates();
    }

    /** Writes what waits in memory, closes the files and lets go of the home. */
    @Override
    public void close() {
        try (lock) {
            sqlite.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
