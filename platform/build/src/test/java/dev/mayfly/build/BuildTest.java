package dev.mayfly.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mayfly.build.python.PipSettings;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.build.tool.Account;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.provider.python.Reach;
import dev.mayfly.store.files.FileArtifacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of builds share: a store, a place for tools, and a builder; as root the tools run as somebody else. */
public abstract class BuildTest {
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    @TempDir
    protected Path folder;

    protected final List<BuildEvent> events = new ArrayList<>();
    protected FileArtifacts artifacts;
    protected Workshop workshop;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        artifacts = FileArtifacts.open(
                folder.resolve("store"), Duration.ofHours(1), Clock.systemUTC(), new SplittableRandom(7));
        workshop = new Workshop(
                folder.resolve("work"), ROOT ? Optional.of(new Account(64_321, 64_321)) : Optional.empty());
    }

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        try (var left = Files.newDirectoryStream(folder.resolve("work"), "build-*")) {
            assertThat(left).isEmpty();
        }
    }

    @AfterEach
    void borrowedFilesAreGivenBack() throws IOException {
        BarePython.removeLinks(folder.resolve("bare"));
    }

    protected Project project() {
        return new Project(artifacts);
    }

    protected Builder builder(Map<String, String> environment, Interpreters pythons) {
        return new PythonBuilder(
                artifacts,
                pythons,
                workshop,
                new PipSettings(environment),
                SourceTree.Bounds.DEFAULT,
                InstantSource.fixed(Instant.ofEpochMilli(1_764_000_000_000L)));
    }

    protected Interpreters systemPythons() {
        return new Interpreters(System.getenv(), ROOT ? Reach.ofOthers() : Reach.ofThisUser());
    }

    protected Deployment build(Project project) throws InterruptedException {
        return builder(new HashMap<>(System.getenv()), systemPythons()).build(project.source(), events::add);
    }

    protected Problem problem(Project project) {
        return catchThrowableOfType(ProblemException.class, () -> build(project))
                .problem();
    }

    /** What was told while building, one line each. */
    protected List<String> steps() {
        return events.stream()
                .flatMap(event -> event instanceof BuildEvent.Step step ? Stream.of(step.text()) : null)
                .toList();
    }
}
