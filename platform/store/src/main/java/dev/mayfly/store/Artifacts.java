package dev.mayfly.store;

import dev.mayfly.model.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Content-addressed bytes: blobs (uploaded files) and layers (folders that instances see). Immutable once visible; a write is complete and
 * durable before its name exists, so a killed server leaves nothing half-written under a name.
 */
public interface Artifacts {
    /** Those of {@code wanted} that are not stored. */
    Set<Digest> missing(Collection<Digest> wanted);

    /**
     * Stores what {@code bytes} gives, if it has the digest it claims. Flat memory.
     *
     * @throws dev.mayfly.model.ProblemException bad_request when the digest differs, payload_too_large past {@code limit} bytes,
     *     insufficient_storage when the disk is full; nothing is left behind
     */
    void putBlob(Digest claimed, InputStream bytes, long limit) throws IOException;

    /**
     * Stores what {@code content} writes, under its digest. Flat memory.
     *
     * @return empty, and nothing is stored, when that is more than {@code limit} bytes
     * @throws dev.mayfly.model.ProblemException insufficient_storage when the disk is full; nothing is left behind
     */
    Optional<Stored> putBlob(BlobContent content, long limit) throws IOException, InterruptedException;

    /** Where the blob lies; read only. Empty when it is not stored. */
    Optional<Path> blob(Digest digest);

    /** Where the layer lies; read only. Empty when it is not stored. */
    Optional<Path> layer(Digest key);

    /**
     * The layer {@code key}, filled by {@code content} in an empty folder if it is not stored yet. Two callers with one key fill once.
     *
     * @throws dev.mayfly.model.ProblemException insufficient_storage when the disk is full; nothing is left behind
     */
    Path layer(Digest key, LayerContent content) throws IOException, InterruptedException;

    /** Deletes every blob and layer that is neither in the sets nor younger than the grace period for uploads in progress. */
    void sweep(Set<Digest> liveBlobs, Set<Digest> liveLayers) throws IOException;

    /** The same, young ones included: whoever uploads at this moment has to upload again. */
    void sweepAtOnce(Set<Digest> liveBlobs, Set<Digest> liveLayers) throws IOException;

    /**
     * A blob that was written.
     *
     * @param size bytes
     */
    record Stored(Digest digest, long size) {}

    /** Writes a new blob. */
    @FunctionalInterface
    interface BlobContent {
        void writeTo(OutputStream blob) throws IOException, InterruptedException;
    }

    /** Fills the folder of a new layer. */
    @FunctionalInterface
    interface LayerContent {
        void writeTo(Path folder) throws IOException, InterruptedException;
    }
}
