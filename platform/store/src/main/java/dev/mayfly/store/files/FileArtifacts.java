package dev.mayfly.store.files;

import dev.mayfly.model.Digest;
import dev.mayfly.store.Artifacts;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Blobs as {@code blobs/aa/<digest>}, layers as folders {@code layers/<key>}. What is being written, or deleted, has a name that starts with
 * a dot; such names are swept at the next start. The folders can be passed by every user, so that unprivileged instances can read,
 * but not listed: an instance finds its own code, and no other.
 */
public final class FileArtifacts implements Artifacts {
    private final Path blobs;
    private final Path layers;
    private final Freshness freshness;
    private final RandomGenerator random;
    /** Held for reading while a name is used or made, for writing while one is taken away. */
    private final ReentrantReadWriteLock names = new ReentrantReadWriteLock();

    private final ConcurrentHashMap<Digest, CompletableFuture<Void>> filling = new ConcurrentHashMap<>();

    /**
     * Opens or makes {@code root}, and sweeps what an earlier server left unfinished. One server at a time.
     *
     * @param grace for how long after its last use something unreferenced is kept
     * @param random for names of unfinished things
     */
    public static FileArtifacts open(Path root, Duration grace, Clock clock, RandomGenerator random)
            throws IOException {
        var artifacts = new FileArtifacts(root, new Freshness(grace, clock), random);
        for (var folder : List.of(root, artifacts.blobs, artifacts.layers)) {
            Tree.makePassage(folder);
        }
        artifacts.sweepUnfinished();
        return artifacts;
    }

    private FileArtifacts(Path root, Freshness freshness, RandomGenerator random) {
        this.blobs = root.resolve("blobs");
        this.layers = root.resolve("layers");
        this.freshness = freshness;
        this.random = random;
    }

    @Override
    public Set<Digest> missing(Collection<Digest> wanted) {
        return wanted.stream().filter(digest -> use(pathOf(digest)).isEmpty()).collect(Collectors.toSet());
    }

    @Override
    public void putBlob(Digest claimed, InputStream bytes, long limit) throws IOException {
        var fresh = blobs.resolve(unfinished());
        try {
            Blob.write(fresh, claimed, bytes, limit);
            publishBlob(fresh, claimed);
        } catch (IOException e) {
            throw FullDisk.explain(blobs, e);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    @Override
    public Optional<Stored> putBlob(BlobContent content, long limit) throws IOException, InterruptedException {
        var fresh = blobs.resolve(unfinished());
        try {
            var stored = NewBlob.write(fresh, content, limit);
            if (stored.isPresent()) {
                publishBlob(fresh, stored.get().digest());
            }
            return stored;
        } catch (IOException e) {
            throw FullDisk.explain(blobs, e);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    @Override
    public Optional<Path> blob(Digest digest) {
        return use(pathOf(digest));
    }

    @Override
    public Optional<Path> layer(Digest key) {
        return use(layers.resolve(key.hex()));
    }

    @Override
    public Path layer(Digest key, LayerContent content) throws IOException, InterruptedException {
        while (true) {
            var stored = layer(key);
            if (stored.isPresent()) {
                return stored.get();
            }
            var mine = new CompletableFuture<Void>();
            var other = filling.putIfAbsent(key, mine);
            if (other == null) {
                try {
                    // Another may have filled it, and left, between the look above and taking the turn.
                    var meanwhile = layer(key);
                    return meanwhile.isPresent() ? meanwhile.get() : fill(key, content);
                } finally {
                    filling.remove(key);
                    mine.complete(null);
                }
            }
            try {
                other.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a filling never fails, it only ends", e);
            }
        }
    }

    @Override
    public void sweep(Set<Digest> liveBlobs, Set<Digest> liveLayers) throws IOException {
        sweep(liveBlobs, liveLayers, freshness);
    }

    @Override
    public void sweepAtOnce(Set<Digest> liveBlobs, Set<Digest> liveLayers) throws IOException {
        sweep(liveBlobs, liveLayers, freshness.none());
    }

    private void sweep(Set<Digest> liveBlobs, Set<Digest> liveLayers, Freshness fresh) throws IOException {
        for (var shard : Tree.list(blobs)) {
            if (isUnfinished(shard)) {
                continue; // an upload on its way
            }
            for (var blob : Tree.list(shard)) {
                removeUnless(liveBlobs, blob, fresh);
            }
        }
        for (var layer : Tree.list(layers)) {
            removeUnless(liveLayers, layer, fresh);
        }
    }

    private Path fill(Digest key, LayerContent content) throws IOException, InterruptedException {
        var fresh = layers.resolve(unfinished());
        var path = layers.resolve(key.hex());
        try {
            Tree.makeFolder(fresh);
            content.writeTo(fresh);
            Tree.freeze(fresh);
            publish(fresh, path);
            return path;
        } catch (IOException e) {
            throw FullDisk.explain(layers, e);
        } catch (UncheckedIOException e) {
            throw FullDisk.explain(layers, new IOException(e));
        } finally {
            Tree.delete(fresh);
        }
    }

    private void publishBlob(Path fresh, Digest digest) throws IOException {
        Tree.makeFolder(shardOf(digest));
        publish(fresh, pathOf(digest));
    }

    private void publish(Path fresh, Path path) throws IOException {
        names.readLock().lock();
        try {
            freshness.touch(fresh);
            Tree.rename(fresh, path);
        } finally {
            names.readLock().unlock();
        }
    }

    /** The path if it is there, kept from being swept for the grace period. */
    private Optional<Path> use(Path path) {
        names.readLock().lock();
        try {
            return freshness.refresh(path) ? Optional.of(path) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            names.readLock().unlock();
        }
    }

    private void removeUnless(Set<Digest> live, Path path, Freshness fresh) throws IOException {
        var name = path.getFileName().toString();
        if (!Digest.isDigest(name) || live.contains(new Digest(name))) {
            return;
        }
        var doomed = path.resolveSibling(unfinished());
        names.writeLock().lock();
        try {
            if (fresh.isFresh(path)) {
                return;
            }
            Files.move(path, doomed);
        } finally {
            names.writeLock().unlock();
        }
        Tree.delete(doomed);
    }

    private void sweepUnfinished() throws IOException {
        for (var shard : Tree.list(blobs)) {
            deleteIfUnfinished(shard);
            if (Files.isDirectory(shard)) {
                for (var blob : Tree.list(shard)) {
                    deleteIfUnfinished(blob);
                }
            }
        }
        for (var layer : Tree.list(layers)) {
            deleteIfUnfinished(layer);
        }
    }

    private static void deleteIfUnfinished(Path path) throws IOException {
        if (isUnfinished(path)) {
            Tree.delete(path);
        }
    }

    private static boolean isUnfinished(Path path) {
        return path.getFileName().toString().startsWith(".");
    }

    private String unfinished() {
        return "." + HexFormat.of().toHexDigits(random.nextLong());
    }

    private Path pathOf(Digest digest) {
        return shardOf(digest).resolve(digest.hex());
    }

    private Path shardOf(Digest digest) {
        return blobs.resolve(digest.hex().substring(0, 2));
    }
}
