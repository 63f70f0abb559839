package dev.mayfly.build.encoding;

import dev.mayfly.build.source.Blobs;
import dev.mayfly.model.Compressible;
import dev.mayfly.model.ContentCoding;
import dev.mayfly.model.Digest;
import dev.mayfly.model.StaticFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compresses files once, while they are deployed, harder than a request could wait for. What an earlier deployment of the project had is not
 * compressed again. For one build; it takes turns with others file by file, since one takes tens of MiB.
 */
public final class Precompression {
    /** What is smaller goes in one packet as it is. */
    static final long SMALLEST = 512;

    /** A script of WebAssembly; beyond it are data, that a browser asks for in parts. */
    static final long LARGEST = 32L << 20;

    /** So many bytes in all are worth a word while one waits. */
    private static final long TOLD = 1L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Precompression.class);

    private final Blobs blobs;
    private final Map<Digest, List<StaticFile.Encoded>> known;
    private final Semaphore turns;
    private final Consumer<String> steps;
    private final Set<ContentCoding> missing = EnumSet.noneOf(ContentCoding.class);

    /**
     * @param known what earlier deployments have: an empty list where compressing did not pay
     * @param turns a fair one for all builds: how many may compress at a time
     * @param steps told what takes a while
     */
    public Precompression(
            Blobs blobs, Map<Digest, List<StaticFile.Encoded>> known, Semaphore turns, Consumer<String> steps) {
        this.blobs = blobs;
        this.known = known;
        this.turns = turns;
        this.steps = steps;
    }

    /** The same files with their compressed forms, which are stored. */
    public List<StaticFile> of(List<StaticFile> files) throws IOException, InterruptedException {
        var encoded = new HashMap<Digest, List<StaticFile.Encoded>>();
        var fresh = new LinkedHashMap<Digest, StaticFile>();
        for (var file : files) {
            if (pays(file)) {
                var before = known.get(file.blob());
                if (before != null && stored(before)) {
                    encoded.put(file.blob(), before);
                } else {
                    fresh.putIfAbsent(file.blob(), file);
                }
            }
        }
        long bytes = fresh.values().stream().mapToLong(StaticFile::size).sum();
        if (bytes >= TOLD) {
            steps.accept("Compressing " + fresh.size() + (fresh.size() == 1 ? " file, " : " files, ") + (bytes >> 20)
                    + " MiB");
        }
        if (!fresh.isEmpty()) {
            encoded.putAll(OwnThread.call("mayfly-compress", () -> encode(fresh.values(), Effort.of(bytes))));
        }
        return files.stream()
                .map(file -> pays(file) ? file.with(encoded.getOrDefault(file.blob(), List.of())) : file)
                .toList();
    }

    private static boolean pays(StaticFile file) {
        return file.size() >= SMALLEST && file.size() <= LARGEST && Compressible.is(file.contentType());
    }

    private boolean stored(List<StaticFile.Encoded> encoded) {
        return blobs.artifacts()
                .missing(encoded.stream().map(StaticFile.Encoded::blob).toList())
                .isEmpty();
    }

    private Map<Digest, List<StaticFile.Encoded>> encode(Collection<StaticFile> files, Effort effort)
            throws IOException, InterruptedException {
        var encoded = new HashMap<Digest, List<StaticFile.Encoded>>();
        for (var file : files) {
            turns.acquire();
            try {
                encoded.put(file.blob(), encode(file, effort));
            } finally {
                turns.release();
            }
        }
        return encoded;
    }

    private List<StaticFile.Encoded> encode(StaticFile file, Effort effort) throws IOException, InterruptedException {
        var encoded = new ArrayList<StaticFile.Encoded>();
        for (var coding : ContentCoding.values()) {
            if (missing.contains(coding)) {
                continue;
            }
            try {
                blobs.artifacts()
                        .putBlob(out -> encode(file, coding, effort, out), worthwhile(file.size()))
                        .ifPresent(
                                stored -> encoded.add(new StaticFile.Encoded(coding, stored.digest(), stored.size())));
            } catch (LinkageError e) {
                missing.add(coding);
                LOG.warn("files are not compressed as {} on this machine: {}", coding.token(), e.toString());
            }
        }
        encoded.sort(Comparator.comparingLong(StaticFile.Encoded::size));
        return encoded;
    }

    private void encode(StaticFile file, ContentCoding coding, Effort effort, OutputStream out)
            throws IOException, InterruptedException {
        var buffer = new byte[16 * 1024];
        try (var in = Files.newInputStream(blobs.content(file.blob(), file.path()));
                var encoder = Encoder.open(coding, effort, file.size(), out)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                encoder.write(buffer, 0, read);
            }
        }
    }

    /** The most bytes that are worth a client's work: a tenth less. */
    private static long worthwhile(long size) {
        return size - size / 10;
    }
}
