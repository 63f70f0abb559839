package dev.mayfly.store.local;

import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.ProblemException;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Catalog.Ports;
import dev.mayfly.store.Samples;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Runs a store on a small file system of its own until that is full, and looks what is left. */
final class FillDisk {
    private FillDisk() {}

    public static void main(String[] arguments) throws Exception {
        var home = Path.of(arguments[0]);
        var ballast = home.resolve("ballast");
        try (var store = LocalStore.open(home, home.resolve("artifacts"), Clock.systemUTC())) {
            var catalog = store.catalog();
            catalog.addDeployment(Catalog.FIRST_TEAM, Samples.deployment(HELLO, 0), false, new Ports(10_000, 20_000));
            artifacts(store, home);

            fill(ballast);
            var before = catalog.snapshot();
            int refused = 0;
            for (int n = 1; n < 500 && refused == 0; n++) {
                refused += deploy(catalog, n) ? 0 : 1;
            }
            assertThat(refused).as("the disk became full").isEqualTo(1);
            assertThat(catalog.snapshot().project(HELLO)).isPresent();
            assertThat(catalog.snapshot().revision()).isGreaterThanOrEqualTo(before.revision());
            store.usage().append(Samples.usage(HELLO, NOON, 1));
            storageIsShort(() -> store.usage().flush());

            Files.delete(ballast);
            store.usage().flush();
            assertThat(store.usage().find(Samples.usage(HELLO, NOON, 1).id())).isPresent();
            assertThat(deploy(catalog, 600)).isTrue();
        }
        System.out.println("survived");
    }

    private static void artifacts(LocalStore store, Path home) throws Exception {
        var big = new byte[8 << 20];
        var digest = Digest.of(big);
        storageIsShort(() -> store.artifacts().putBlob(digest, new ByteArrayInputStream(big), big.length));
        storageIsShort(() -> store.artifacts().putBlob(out -> out.write(big), big.length));
        storageIsShort(() -> store.artifacts().layer(digest, folder -> Files.write(folder.resolve("big"), big)));
        assertThat(store.artifacts().missing(List.of(digest))).containsExactly(digest);
        for (var folder : List.of("artifacts/blobs", "artifacts/layers")) {
            assertThat(home.resolve(folder)).isEmptyDirectory();
        }
    }

    private static boolean deploy(Catalog catalog, int n) {
        try {
            catalog.addDeployment(
                    Catalog.FIRST_TEAM, Samples.deployment(HELLO, n), false, new Ports(10_000, 20_000 + n));
            return true;
        } catch (ProblemException e) {
            assertThat(e.problem().code()).isEqualTo(ErrorCode.INSUFFICIENT_STORAGE);
            return false;
        }
    }

    private static void fill(Path ballast) throws IOException {
        try (var out = Files.newOutputStream(ballast)) {
            var chunk = new byte[4096];
            while (true) {
                out.write(chunk);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static void storageIsShort(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ErrorCode.INSUFFICIENT_STORAGE));
    }
}
