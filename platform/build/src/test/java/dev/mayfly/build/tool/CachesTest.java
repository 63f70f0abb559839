package dev.mayfly.build.tool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ProjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachesTest {
    private static final Owner FORMER = new Owner(new ProjectName("shop"), 1);
    private static final Owner LATER = new Owner(new ProjectName("shop"), 2);
    private static final Owner OTHER = new Owner(new ProjectName("blog"), 1);

    @TempDir
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private Workshop workshop;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        var limits = new BuildLimits(1 << 30, 1, 100, Duration.ofMinutes(1), 1 << 20, 1 << 20, 1 << 20, 100, 100_000);
        workshop = new Workshop(folder.resolve("work"), Optional.empty(), Optional.empty(), false, limits);
    }

    private Path filled(Owner owner, int bytes) throws IOException {
        try (var scratch = workshop.open(owner)) {
            return Files.write(scratch.cache().resolve("file"), new byte[bytes]);
        }
    }

    private boolean finds(Owner owner) throws IOException {
        try (var scratch = workshop.open(owner)) {
            return Files.exists(scratch.cache().resolve("file"));
        }
    }

    @Test
    void aProjectFindsWhatItsEarlierBuildLeftAndNoOtherDoes() throws IOException {
        filled(FORMER, 1);

        assertThat(finds(FORMER)).isTrue();
        assertThat(finds(OTHER)).isFalse();
    }

    @Test
    void whoTakesTheNameOfARemovedProjectFindsNothingOfIt() throws IOException {
        filled(FORMER, 1);

        assertThat(finds(LATER)).isFalse();
    }

    @Test
    void aBuildBeforeThereIsAProjectLeavesNothing() throws IOException {
        var nobody = new Owner(new ProjectName("shop"), 0);
        try (var scratch = workshop.open(nobody)) {
            Files.createDirectories(scratch.cache());
            Files.write(scratch.cache().resolve("file"), new byte[1]);
        }

        assertThat(finds(nobody)).isFalse();
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void theCachesOfProjectsThatAreGoneAreRemoved() throws IOException {
        var former = filled(FORMER, 1);
        var other = filled(OTHER, 1);

        workshop.keepCaches(Set.of(LATER, OTHER));

        assertThat(former.getParent()).doesNotExist();
        assertThat(other).exists();
    }

    @Test
    void aCacheThatABuildUsesIsNotTakenAway() throws IOException {
        var building = workshop.open(FORMER);
        var file = filled(FORMER, 200_000);

        finds(FORMER);
        workshop.keepCaches(Set.of());
        assertThat(file).exists();
        building.close();

        workshop.keepCaches(Set.of());
        assertThat(file).doesNotExist();
    }

    @Test
    void aCacheThatGrewTooLargeIsEmptyForTheNextBuild() throws IOException {
        filled(FORMER, 50_000);
        assertThat(finds(FORMER)).isTrue();

        filled(FORMER, 200_000);

        assertThat(finds(FORMER)).isFalse();
    }

    @Test
    void firstBuildsAtTheSameTimeShareOne() throws Exception {
        int many = 8;
        var together = new CyclicBarrier(many);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var builds = new ArrayList<Callable<Path>>();
            for (int i = 0; i < many; i++) {
                builds.add(() -> {
                    together.await();
                    try (var scratch = workshop.open(FORMER)) {
                        return scratch.cache();
                    }
                });
            }
            var caches = new HashSet<Path>();
            for (var build : threads.invokeAll(builds)) {
                caches.add(build.get());
            }
            assertThat(caches).hasSize(1);
        }
    }
}
