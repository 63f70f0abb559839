package dev.mayfly.build.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import com.github.luben.zstd.ZstdInputStream;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.model.ContentCoding;
import dev.mayfly.model.Digest;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.StaticFile;
import dev.mayfly.store.files.FileArtifacts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a project's files is compressed when it is deployed, and how. */
class PrecompressionTest {
    private static final byte[] TEXT = "body { margin: 0 } ".repeat(200).getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private FileArtifacts artifacts;
    private final List<String> steps = new ArrayList<>();
    private final Semaphore turns = new Semaphore(1, true);

    @BeforeEach
    void open() throws IOException {
        artifacts = FileArtifacts.open(folder, Duration.ofHours(1), Clock.systemUTC(), new SplittableRandom(1));
    }

    /** For each effort: the least of bytes that it is for. */
    @ParameterizedTest
    @ValueSource(ints = {3_000, 300_000, 17_000_000})
    void everyFormReadsBackAsTheFile(int size) throws Exception {
        var content = words(size);

        var encoded =
                compress(file("/a.css", "text/css; charset=utf-8", content)).encoded();

        assertThat(encoded).extracting(StaticFile.Encoded::coding).containsExactlyInAnyOrder(ContentCoding.values());
        assertThat(encoded).isSortedAccordingTo(Comparator.comparingLong(StaticFile.Encoded::size));
        for (var form : encoded) {
            var stored = artifacts.blob(form.blob()).orElseThrow();
            assertThat(stored).hasSize(form.size());
            try (var plain = decoding(form.coding(), Files.newInputStream(stored))) {
                assertThat(Digest.of(plain.readAllBytes())).isEqualTo(Digest.of(content));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "image/png, 3800",
        "application/octet-stream, 3800",
        "text/event-stream, 3800",
        "text/css, 511",
        "text/css, 33554433"
    })
    void whatIsOfAnotherKindOrSizeIsLeftAsItIs(String type, int size) throws Exception {
        assertThat(compress(file("/a", type, words(size))).encoded()).isEmpty();
    }

    @Test
    void formsThatSaveLittleAreNotKept() throws Exception {
        var noise = new byte[20_000];
        new SplittableRandom(1).nextBytes(noise);

        assertThat(compress(file("/a.txt", "text/plain", noise)).encoded()).isEmpty();
    }

    @Test
    void oneContentIsCompressedOnceAndOnlyWhereItsTypeSaysSo() throws Exception {
        var files = List.of(
                file("/a.css", "text/css", TEXT), file("/b.css", "text/css", TEXT), file("/c", "image/png", TEXT));

        var done = precompression(Map.of()).of(files);

        assertThat(done).extracting(StaticFile::path).containsExactly("/a.css", "/b.css", "/c");
        assertThat(done.getFirst().encoded()).hasSize(3).isEqualTo(done.get(1).encoded());
        assertThat(done.get(2).encoded()).isEmpty();
    }

    @Test
    void whatAnEarlierDeploymentHasIsTaken() throws Exception {
        var file = file("/a.css", "text/css", TEXT);
        var earlier = List.of(new StaticFile.Encoded(ContentCoding.GZIP, blob("of an earlier server"), 20));

        var done = precompression(Map.of(file.blob(), earlier)).of(List.of(file));

        assertThat(done.getFirst().encoded()).isEqualTo(earlier);
    }

    @Test
    void whatDidNotPayIsNotTriedAgain() throws Exception {
        var file = file("/a.css", "text/css", TEXT);

        assertThat(precompression(Map.of(file.blob(), List.of()))
                        .of(List.of(file))
                        .getFirst()
                        .encoded())
                .isEmpty();
    }

    @Test
    void whatAnEarlierDeploymentHadIsMadeAgainWhereItIsLost() throws Exception {
        var file = file("/a.css", "text/css", TEXT);
        var lost = List.of(new StaticFile.Encoded(ContentCoding.GZIP, Digest.of("lost"), 20));

        assertThat(precompression(Map.of(file.blob(), lost))
                        .of(List.of(file))
                        .getFirst()
                        .encoded())
                .hasSize(3);
    }

    @Test
    void whatTakesAWhileIsTold() throws Exception {
        compress(file("/a.css", "text/css", TEXT));
        assertThat(steps).isEmpty();

        compress(file("/b.css", "text/css", words(3 << 20)));
        assertThat(steps).containsExactly("Compressing 1 file, 3 MiB");
    }

    @Test
    void whoIsInterruptedStopsAndLeavesNothing() throws Exception {
        var file = file("/a.css", "text/css", words(12_000_000));
        var building = Thread.currentThread();
        var watch = Thread.ofPlatform().start(() -> {
            await().until(() -> unfinished() > 0);
            building.interrupt();
        });

        assertThatThrownBy(() -> compress(file)).isInstanceOf(InterruptedException.class);

        watch.join();
        assertThat(turns.availablePermits()).isEqualTo(1);
        assertThat(unfinished()).isZero();
    }

    @Test
    void whatFailsIsToldAsItWas() throws Exception {
        var gone = new StaticFile("/a.css", Digest.of("gone"), 3_000, "text/css");

        assertThatThrownBy(() -> compress(gone))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("/a.css was not sent");
        assertThat(turns.availablePermits()).isEqualTo(1);
    }

    @Test
    void buildsTakeTurns() throws Exception {
        var file = file("/a.css", "text/css", TEXT);
        turns.acquire();
        var build = new FutureTask<>(() -> compress(file));
        var building = Thread.ofVirtual().start(build);

        await().until(turns::hasQueuedThreads);
        assertThat(unfinished()).isZero();
        turns.release();

        building.join();
        assertThat(build.resultNow().encoded()).hasSize(3);
    }

    private StaticFile compress(StaticFile file) throws Exception {
        return precompression(Map.of()).of(List.of(file)).getFirst();
    }

    private Precompression precompression(Map<Digest, List<StaticFile.Encoded>> known) {
        return new Precompression(new Blobs(artifacts), known, turns, steps::add);
    }

    private StaticFile file(String path, String type, byte[] content) throws IOException {
        var digest = Digest.of(content);
        artifacts.putBlob(digest, new ByteArrayInputStream(content), Long.MAX_VALUE);
        return new StaticFile(path, digest, content.length, type);
    }

    /** What is being written has a name with a dot. */
    private long unfinished() throws IOException {
        try (var blobs = Files.list(folder.resolve("blobs"))) {
            return blobs.filter(blob -> blob.getFileName().toString().startsWith("."))
                    .count();
        }
    }

    private Digest blob(String content) throws IOException {
        return file("/", "", content.getBytes(StandardCharsets.UTF_8)).blob();
    }

    /** Bytes that shrink, but not to nothing. */
    private static byte[] words(int size) {
        var random = new SplittableRandom(size);
        var words = new byte[100_000];
        for (int i = 0; i < words.length; i++) {
            words[i] = (byte) ('a' + random.nextInt(4));
        }
        var bytes = new byte[size];
        for (int i = 0; i < size; i += words.length) {
            System.arraycopy(words, 0, bytes, i, Math.min(words.length, size - i));
        }
        return bytes;
    }

    private static InputStream decoding(ContentCoding coding, InputStream in) throws IOException {
        return switch (coding) {
            case BR -> {
                BrotliLibrary.load();
                yield new BrotliInputStream(in);
            }
            case ZSTD -> new ZstdInputStream(in);
            case GZIP -> new GZIPInputStream(in);
        };
    }
}
