package dev.mayfly.build;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.SourceFile;
import dev.mayfly.model.StaticFile;
import dev.mayfly.store.Artifacts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A project that a test writes down. */
public final class Project {
    private final Artifacts artifacts;
    private final List<SourceFile> files = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private Map<Digest, List<StaticFile.Encoded>> compressed = Map.of();
    private boolean ignoreUnsupported;
    private long createdAt;

    public Project(Artifacts artifacts) {
        this.artifacts = artifacts;
    }

    public Project file(String path, String... lines) {
        return file(path, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    public Project file(String path, byte[] content) {
        var digest = Digest.of(content);
        try {
            if (artifacts.blob(digest).isEmpty()) {
                artifacts.putBlob(digest, new ByteArrayInputStream(content), Long.MAX_VALUE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.add(new SourceFile(path, digest, content.length, false, null));
        return this;
    }

    /** A file that its owner may execute. */
    public Project program(String path, String... lines) {
        return file(path, lines).executable();
    }

    /** A file that its owner may execute. */
    public Project program(String path, byte[] content) {
        return file(path, content).executable();
    }

    private Project executable() {
        var file = files.removeLast();
        files.add(new SourceFile(file.path(), file.blob(), file.size(), true, null));
        return this;
    }

    public Project folder(Path root) throws IOException {
        try (var all = Files.walk(root)) {
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                file(root.relativize(each).toString(), Files.readAllBytes(each));
                if (Files.getPosixFilePermissions(each).contains(PosixFilePermission.OWNER_EXECUTE)) {
                    executable();
                }
            }
        }
        return this;
    }

    public Project link(String path, String target) {
        files.add(new SourceFile(path, null, 0, false, target));
        return this;
    }

    /** From now on it is known as a project that was made at this time. */
    public Project createdAt(long millis) {
        createdAt = millis;
        return this;
    }

    /** From now on an earlier deployment of it had these. */
    public Project compressed(Map<Digest, List<StaticFile.Encoded>> known) {
        compressed = known;
        return this;
    }

    public Project skipped(String path) {
        skipped.add(path);
        return this;
    }

    public Project set(String key, String value) {
        settings.put(key, value);
        return this;
    }

    public Project ignoringUnsupported() {
        ignoreUnsupported = true;
        return this;
    }

    public List<SourceFile> files() {
        return files;
    }

    public Source source() {
        return new Source(
                new ProjectName("demo"),
                createdAt,
                new DeploymentId("0123456789"),
                files,
                skipped,
                compressed,
                settings,
                ignoreUnsupported);
    }
}
