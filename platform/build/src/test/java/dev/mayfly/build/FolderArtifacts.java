package dev.mayfly.build;

import dev.mayfly.model.Digest;
import dev.mayfly.store.Artifacts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Artifacts in a folder of a test, with no thought for crashes. */
public final class FolderArtifacts implements Artifacts {
    private final Path folder;

    public FolderArtifacts(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder.resolve("blobs"));
        Files.createDirectories(folder.resolve("layers"));
    }

    /** Layers that were filled and are complete. */
    public long layers() throws IOException {
        try (var entries = Files.list(folder.resolve("layers"))) {
            return entries.count();
        }
    }

    @Override
    public Set<Digest> missing(Collection<Digest> wanted) {
        var missing = new HashSet<>(wanted);
        missing.removeIf(digest -> blob(digest).isPresent());
        return missing;
    }

    @Override
    public void putBlob(Digest claimed, InputStream bytes, long limit) throws IOException {
        if (blob(claimed).isEmpty()) {
            Files.copy(bytes, folder.resolve("blobs").resolve(claimed.hex()));
        }
    }

    @Override
    public Optional<Path> blob(Digest digest) {
        return Optional.of(folder.resolve("blobs").resolve(digest.hex())).filter(Files::exists);
    }

    @Override
    public Optional<Path> layer(Digest key) {
        return Optional.of(folder.resolve("layers").resolve(key.hex())).filter(Files::exists);
    }

    @Override
    public Path layer(Digest key, LayerContent content) throws IOException, InterruptedException {
        var known = layer(key);
        if (known.isPresent()) {
            return known.get();
        }
        var part = Files.createTempDirectory(folder, "part");
        content.writeTo(part);
        return Files.move(part, folder.resolve("layers").resolve(key.hex()));
    }

    @Override
    public void sweep(Set<Digest> liveBlobs, Set<Digest> liveLayers) {
        throw new UnsupportedOperationException("no test sweeps");
    }
}
