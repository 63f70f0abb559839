package dev.mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store of artifacts does. */
public abstract class ArtifactsContract {
    protected static final Duration GRACE = Duration.ofMinutes(10);
    private static final Digest KEY = Digest.of("a layer");

    protected final MovableClock clock = new MovableClock();
    private Artifacts artifacts;

    /** An empty store with {@link #GRACE} and {@link #clock}. */
    protected abstract Artifacts open() throws Exception;

    @BeforeEach
    void openArtifacts() throws Exception {
        artifacts = open();
    }

    @Test
    void aBlobComesBackWhole() throws Exception {
        var digest = put("hello");

        assertThat(artifacts.blob(digest))
                .get()
                .satisfies(path -> assertThat(path).hasContent("hello"));
        assertThat(artifacts.blob(Digest.of("other"))).isEmpty();
    }

    @Test
    void onlyWhatIsNotStoredIsMissing() throws Exception {
        var stored = put("stored");
        var other = Digest.of("not stored");

        assertThat(artifacts.missing(List.of(stored, other, stored))).containsExactly(other);
        assertThat(artifacts.missing(List.of())).isEmpty();
    }

    @Test
    void aBlobPutAgainIsTheSame() throws Exception {
        var digest = put("hello");
        put("hello");

        assertThat(artifacts.blob(digest))
                .get()
                .satisfies(path -> assertThat(path).hasContent("hello"));
    }

    @Test
    void anEmptyBlobIsABlob() throws Exception {
        assertThat(artifacts.blob(put("")))
                .get()
                .satisfies(path -> assertThat(path).isEmptyFile());
    }

    @Test
    void aBlobThatIsNotWhatItClaimsIsRefused() {
        var claimed = Digest.of("claimed");

        refused(ErrorCode.BAD_REQUEST, () -> artifacts.putBlob(claimed, stream("other"), 100));

        assertThat(artifacts.missing(List.of(claimed, Digest.of("other")))).hasSize(2);
    }

    @Test
    void aBlobMayHaveExactlyTheLimit() throws Exception {
        artifacts.putBlob(Digest.of("12345"), stream("12345"), 5);
        assertThat(artifacts.missing(List.of(Digest.of("12345")))).isEmpty();

        refused(ErrorCode.PAYLOAD_TOO_LARGE, () -> artifacts.putBlob(Digest.of("123456"), stream("123456"), 5));
        assertThat(artifacts.missing(List.of(Digest.of("123456")))).hasSize(1);
    }

    @Test
    void anUploadThatBreaksOffLeavesNothing() {
        var broken = new FilterInputStream(stream("x".repeat(100_000))) {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int read = super.read(buffer, offset, length);
                if (read < 0) {
                    throw new IOException("the connection was closed");
                }
                return read;
            }
        };

        assertThatThrownBy(() -> artifacts.putBlob(KEY, broken, 1_000_000)).isInstanceOf(IOException.class);

        assertThat(artifacts.missing(List.of(KEY))).containsExactly(KEY);
    }

    @Test
    void aBlobThatIsMadeHereIsStoredUnderItsDigest() throws Exception {
        var stored = artifacts.putBlob(out -> out.write("made here".getBytes(StandardCharsets.UTF_8)), 9);

        assertThat(stored).contains(new Artifacts.Stored(Digest.of("made here"), 9));
        assertThat(artifacts.blob(Digest.of("made here")))
                .get()
                .satisfies(path -> assertThat(path).hasContent("made here"));
    }

    @Test
    void aBlobThatBecomesLongerThanIsWantedIsNotKept() throws Exception {
        var stored = artifacts.putBlob(
                out -> {
                    for (char each : "made here".toCharArray()) {
                        out.write(each);
                    }
                },
                8);

        assertThat(stored).isEmpty();
        assertThat(artifacts.missing(List.of(Digest.of("made here"), Digest.of("made her"))))
                .hasSize(2);
    }

    @Test
    void aBlobWhoseMakingFailsLeavesNothing() {
        assertThatThrownBy(() -> artifacts.putBlob(
                        out -> {
                            out.write('h');
                            throw new IllegalStateException("failed on purpose");
                        },
                        8))
                .isInstanceOf(IllegalStateException.class);

        assertThat(artifacts.missing(List.of(Digest.of("h")))).hasSize(1);
    }

    @Test
    void aLayerIsFilledOnceAndKept() throws Exception {
        assertThat(artifacts.layer(KEY)).isEmpty();
        var path = artifacts.layer(KEY, folder -> {
            assertThat(folder).isEmptyDirectory();
            Files.createDirectories(folder.resolve("sub dir"));
            Files.writeString(folder.resolve("sub dir/ü.txt"), "content");
            Files.createSymbolicLink(folder.resolve("link"), Path.of("sub dir/ü.txt"));
        });
        var again = artifacts.layer(KEY, folder -> {
            throw new AssertionError("it is there already");
        });

        assertThat(again).isEqualTo(path);
        assertThat(artifacts.layer(KEY)).contains(path);
        assertThat(path.resolve("sub dir/ü.txt")).hasContent("content");
        assertThat(path.resolve("link")).isSymbolicLink().hasContent("content");
    }

    @Test
    void aLayerWhoseFillingFailsIsNotThereAndCanBeFilledAgain() throws Exception {
        assertThatThrownBy(() -> artifacts.layer(KEY, folder -> {
                    Files.writeString(folder.resolve("half"), "half");
                    throw new IllegalStateException("failed on purpose");
                }))
                .hasMessage("failed on purpose");
        assertThat(artifacts.layer(KEY)).isEmpty();

        var path = artifacts.layer(KEY, folder -> Files.writeString(folder.resolve("whole"), "whole"));

        assertThat(path.resolve("half")).doesNotExist();
        assertThat(path.resolve("whole")).hasContent("whole");
    }

    @Test
    void manyCallersFillALayerOnce() throws Exception {
        int callers = 16;
        var fillings = new AtomicInteger();
        var start = new CyclicBarrier(callers);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var paths = IntStream.range(0, callers)
                    .mapToObj(n -> threads.submit(() -> {
                        start.await();
                        return artifacts.layer(KEY, folder -> {
                            fillings.incrementAndGet();
                            Files.writeString(folder.resolve("file"), "content");
                        });
                    }))
                    .toList();
            for (var path : paths) {
                assertThat(path.get().resolve("file")).hasContent("content");
            }
        }

        assertThat(fillings).hasValue(1);
    }

    /** One who looked before another filled the layer, and took the turn after it had left, finds the layer. */
    @Test
    void callersOfManyLayersFillEachOnce() throws Exception {
        int callers = 8;
        int layers = 300;
        var fillings = new AtomicInteger();
        var rounds = new CyclicBarrier(callers);
        try (var threads = Executors.newFixedThreadPool(callers)) {
            var done = IntStream.range(0, callers)
                    .mapToObj(n -> threads.submit(() -> {
                        for (int layer = 0; layer < layers; layer++) {
                            var key = Digest.of("layer " + layer);
                            rounds.await(1, TimeUnit.MINUTES);
                            artifacts.layer(key, folder -> {
                                fillings.incrementAndGet();
                                Files.writeString(folder.resolve("file"), "content");
                            });
                        }
                        return null;
                    }))
                    .toList();
            for (var caller : done) {
                caller.get();
            }
        }

        assertThat(fillings).hasValue(layers);
    }

    @Test
    void whenTheFirstCallerFailsTheNextFills() throws Exception {
        int callers = 8;
        var fillings = new AtomicInteger();
        var start = new CyclicBarrier(callers);
        var failed = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int n = 0; n < callers; n++) {
                threads.execute(() -> {
                    try {
                        start.await();
                        artifacts.layer(KEY, folder -> {
                            if (fillings.incrementAndGet() < 3) {
                                throw new IOException("failed on purpose");
                            }
                        });
                    } catch (IOException e) {
                        failed.incrementAndGet();
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                });
            }
        }

        assertThat(failed).hasValue(2);
        assertThat(fillings).hasValue(3);
        assertThat(artifacts.layer(KEY)).isPresent();
    }

    @Test
    void aLayerMayBeMadeWhileAnotherIs() throws Exception {
        var inner = Digest.of("inner");

        artifacts.layer(KEY, folder -> artifacts.layer(inner, other -> {}));

        assertThat(artifacts.layer(KEY)).isPresent();
        assertThat(artifacts.layer(inner)).isPresent();
    }

    @Test
    void whatIsNotReferredToIsSweptAfterTheGrace() throws Exception {
        var live = put("live");
        var dead = put("dead");
        var deadLayer = artifacts.layer(KEY, folder -> {
            Files.createDirectories(folder.resolve("a/b"));
            Files.writeString(folder.resolve("a/b/file"), "x");
        });
        var liveKey = Digest.of("live layer");
        artifacts.layer(liveKey, folder -> {});

        artifacts.sweep(Set.of(), Set.of());
        assertThat(artifacts.blob(dead)).isPresent();
        clock.advance(GRACE.plusSeconds(1));
        artifacts.sweep(Set.of(live), Set.of(liveKey));

        assertThat(artifacts.blob(live)).isPresent();
        assertThat(artifacts.layer(liveKey)).isPresent();
        assertThat(artifacts.blob(dead)).isEmpty();
        assertThat(artifacts.layer(KEY)).isEmpty();
        assertThat(deadLayer).doesNotExist();
    }

    @Test
    void aSweepAtOnceTakesWhatIsYoungButNotWhatIsReferredTo() throws Exception {
        var live = put("live");
        var dead = put("dead");
        artifacts.layer(KEY, folder -> {});

        artifacts.sweepAtOnce(Set.of(live), Set.of());

        assertThat(artifacts.blob(live)).isPresent();
        assertThat(artifacts.missing(List.of(dead))).containsExactly(dead);
        assertThat(artifacts.layer(KEY)).isEmpty();
    }

    @Test
    void whatWasUsedIsKeptForTheGraceAgain() throws Exception {
        var blob = put("blob");
        artifacts.layer(KEY, folder -> {});
        clock.advance(GRACE.plusSeconds(1));

        assertThat(artifacts.missing(List.of(blob))).isEmpty();
        assertThat(artifacts.layer(KEY)).isPresent();
        clock.advance(GRACE.dividedBy(2));
        artifacts.sweep(Set.of(), Set.of());

        assertThat(artifacts.missing(List.of(blob))).isEmpty();
        assertThat(artifacts.layer(KEY)).isPresent();
    }

    @Test
    void aSweepLeavesALayerInTheMakingAlone() throws Exception {
        var path = artifacts.layer(KEY, folder -> {
            Files.writeString(folder.resolve("file"), "content");
            clock.advance(GRACE.multipliedBy(2));
            artifacts.sweep(Set.of(), Set.of());
        });

        assertThat(path.resolve("file")).hasContent("content");
    }

    protected final Artifacts artifacts() {
        return artifacts;
    }

    protected final Digest put(String text) throws IOException {
        var digest = Digest.of(text);
        artifacts.putBlob(digest, stream(text), 1_000);
        return digest;
    }

    protected static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    protected static void refused(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code));
    }
}
