package dev.mayfly.engine;

import dev.mayfly.model.Digest;
import dev.mayfly.store.Artifacts;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Layers that lie wherever a test has put them. */
final class FolderArtifacts implements Artifacts {
    final Map<Digest, Path> layers = new ConcurrentHashMap<>();

    @Override
    public Optional<Path> layer(Digest key) {
        return Optional.ofNullable(layers.get(key));
    }

    @Override
    public Path layer(Digest key, LayerContent content) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public Set<Digest> missing(Collection<Digest> wanted) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public void putBlob(Digest claimed, InputStream bytes, long limit) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public Optional<Stored> putBlob(BlobContent content, long limit) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public Optional<Path> blob(Digest digest) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public void sweep(Set<Digest> liveBlobs, Set<Digest> liveLayers) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public void sweepAtOnce(Set<Digest> liveBlobs, Set<Digest> liveLayers) {
        throw new UnsupportedOperationException("not asked for here");
    }
}
