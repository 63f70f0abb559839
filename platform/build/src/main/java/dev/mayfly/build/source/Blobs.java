package dev.mayfly.build.source;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.SourceFile;
import dev.mayfly.store.Artifacts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** The contents of a project's files. */
public record Blobs(Artifacts artifacts) {
    /** The largest file that is read as text: manifests and settings. */
    private static final long LARGEST_TEXT = 4L << 20;

    /** Where the content of a file lies. */
    public Path content(SourceFile file) {
        return content(Objects.requireNonNull(file.blob(), file.path()), file.path());
    }

    /** Where the content of the file at {@code path} lies. */
    public Path content(Digest digest, String path) {
        return artifacts
                .blob(digest)
                .orElseThrow(() -> new Problem(
                                ErrorCode.BAD_REQUEST, "the content of " + path + " was not sent", "deploy again")
                        .asException());
    }

    /** The file as text; bytes that are not UTF-8 are replaced. */
    public String text(SourceFile file) {
        if (file.size() > LARGEST_TEXT) {
            throw BuildFailure.of(
                    file.path() + " is " + file.size() + " bytes (expected: at most " + LARGEST_TEXT + ")",
                    "make it smaller");
        }
        try {
            var text = new String(Files.readAllBytes(content(file)), StandardCharsets.UTF_8);
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes files below a folder, links as links; those of a {@link SourceTree} only. */
    public void write(Iterable<SourceFile> files, Path folder) throws IOException {
        for (SourceFile file : files) {
            var target = folder.resolve(file.path());
            Files.createDirectories(Objects.requireNonNull(target.getParent()));
            if (file.link() != null) {
                Files.createSymbolicLink(target, Path.of(file.link()));
            } else {
                Files.copy(content(file), target, StandardCopyOption.REPLACE_EXISTING);
                Files.setPosixFilePermissions(target, file.executable() ? Modes.PROGRAM : Modes.FILE);
            }
        }
    }
}
