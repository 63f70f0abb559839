package dev.mayfly.store.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.store.Artifacts;
import dev.mayfly.store.ArtifactsContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileArtifactsTest extends ArtifactsContract {
    private static final Digest KEY = Digest.of("a layer");

    private final Path root;

    FileArtifactsTest(@TempDir Path folder) {
        this.root = folder.resolve("artifacts");
    }

    @Override
    protected Artifacts open() throws IOException {
        return FileArtifacts.open(root, GRACE, clock, new Random(1));
    }

    @Test
    void everythingCanBeReadByWhoKnowsItsNameAndChangedByNobody() throws Exception {
        var blob = artifacts().blob(put("blob")).orElseThrow();
        var layer = artifacts().layer(KEY, folder -> {
            Files.createDirectories(folder.resolve("bin"));
            Files.writeString(folder.resolve("plain"), "x");
            Files.setPosixFilePermissions(folder.resolve("plain"), PosixFilePermissions.fromString("rw-------"));
            Files.writeString(folder.resolve("bin/program"), "x");
            Files.setPosixFilePermissions(folder.resolve("bin/program"), PosixFilePermissions.fromString("rwx------"));
        });

        assertThat(permissions(root)).isEqualTo("rwx--x--x");
        assertThat(permissions(root.resolve("blobs"))).isEqualTo("rwx--x--x");
        assertThat(permissions(root.resolve("layers"))).isEqualTo("rwx--x--x");
        assertThat(permissions(blob.resolveSibling("."))).isEqualTo("rwxr-xr-x");
        assertThat(permissions(blob)).isEqualTo("r--r--r--");
        assertThat(permissions(layer)).isEqualTo("r-xr-xr-x");
        assertThat(permissions(layer.resolve("plain"))).isEqualTo("r--r--r--");
        assertThat(permissions(layer.resolve("bin"))).isEqualTo("r-xr-xr-x");
        assertThat(permissions(layer.resolve("bin/program"))).isEqualTo("r-xr-xr-x");
    }

    @Test
    void aLayerWithSomethingElseThanFilesIsRefusedAndLeavesNothing() {
        refused(
                ErrorCode.BAD_REQUEST,
                () -> artifacts()
                        .layer(
                                KEY,
                                folder -> run("mkfifo", folder.resolve("pipe").toString())));

        assertThat(root.resolve("layers")).isEmptyDirectory();
    }

    @Test
    void aLinkOutOfALayerIsNeitherFollowedNorDeletedThrough() throws Exception {
        var outside = Files.createDirectory(root.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "x");
        artifacts().layer(KEY, folder -> Files.createSymbolicLink(folder.resolve("link"), outside));
        assertThat(permissions(outside.resolve("precious"))).startsWith("rw");

        clock.advance(GRACE.plusSeconds(1));
        artifacts().sweep(Set.of(), Set.of());

        assertThat(artifacts().layer(KEY)).isEmpty();
        assertThat(outside.resolve("precious")).exists();
    }

    @Test
    void failuresLeaveNoDebris() throws Exception {
        refused(ErrorCode.BAD_REQUEST, () -> artifacts().putBlob(KEY, stream("other"), 100));
        refused(ErrorCode.PAYLOAD_TOO_LARGE, () -> artifacts().putBlob(KEY, stream("other"), 1));

        assertThat(root.resolve("blobs")).isEmptyDirectory();
    }

    @Test
    void whatAKilledServerLeftIsSweptAtTheNextStart() throws Exception {
        var kept = put("kept");
        Files.writeString(root.resolve("blobs/.0123"), "half a blob");
        var half = Files.createDirectories(root.resolve("layers/.4567/sub"));
        Files.writeString(half.resolve("file"), "x");
        Files.setPosixFilePermissions(half, PosixFilePermissions.fromString("r-x------"));

        var reopened = open();

        assertThat(root.resolve("layers")).isEmptyDirectory();
        assertThat(root.resolve("blobs/.0123")).doesNotExist();
        assertThat(reopened.missing(List.of(kept))).isEmpty();
    }

    @Test
    void sweepingWhileBlobsAreUsedNeverBreaksAPromise() throws Exception {
        var eager = FileArtifacts.open(root, Duration.ofNanos(1), Clock.systemUTC(), new Random(2));
        var stop = new AtomicBoolean();
        var failed = new AtomicReference<IOException>();
        var sweeper = Thread.ofPlatform().start(() -> {
            try {
                while (!stop.get()) {
                    eager.sweep(Set.of(), Set.of());
                }
            } catch (IOException e) {
                failed.set(e);
            }
        });
        try {
            for (int n = 0; n < 300; n++) {
                var path =
                        eager.layer(Digest.of("layer " + n % 5), folder -> Files.writeString(folder.resolve("f"), "x"));
                assertThat(path.getFileName().toString()).hasSize(64);
                eager.putBlob(Digest.of("blob"), stream("blob"), 10);
            }
        } finally {
            stop.set(true);
            sweeper.join();
        }
        assertThat(failed.get()).isNull();
        eager.sweep(Set.of(), Set.of());

        assertThat(root.resolve("layers")).isEmptyDirectory();
        assertThat(eager.missing(List.of(Digest.of("blob")))).hasSize(1);
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
