package dev.mayfly.build.tool;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.Modes;
import dev.mayfly.model.DataSize;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies what tools made into a layer. They are not trusted: folders are opened relative to each other and never through a link, only files
 * of the tools' own account are read, and special bits and special files stay behind.
 */
public final class Takeover {
    private static final int DEEPEST = 64;

    private final Path source;
    private final UserPrincipal owner;
    private final BuildLimits limits;
    private long bytes;
    private int entries;

    /** @param limits of the layer */
    public Takeover(Path source, BuildLimits limits) throws IOException {
        this.source = source;
        this.limits = limits;
        this.owner = Files.getOwner(source, LinkOption.NOFOLLOW_LINKS);
    }

    /** @throws dev.mayfly.model.ProblemException build_failed naming the limit that is exceeded */
    public void into(Path folder) throws IOException {
        try (var stream = Files.newDirectoryStream(source)) {
            if (!(stream instanceof SecureDirectoryStream<Path> secure)) {
                throw new IOException(source + " cannot be read safely on this file system");
            }
            copy(secure, Path.of(""), folder, 0);
        }
    }

    private void copy(SecureDirectoryStream<Path> stream, Path inside, Path folder, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw tooLarge("folders nested " + DEEPEST + " deep");
        }
        for (Path entry : stream) {
            if (++entries > limits.layerFiles()) {
                throw tooLarge(limits.layerFiles() + " files and folders");
            }
            var name = entry.getFileName();
            var attributes = stream.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
            var target = folder.resolve(name);
            if (attributes.isSymbolicLink()) {
                link(inside.resolve(name), target);
            } else if (attributes.isDirectory()) {
                Files.createDirectory(target);
                try (var below = stream.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    copy(below, inside.resolve(name), target, depth + 1);
                }
                Files.setPosixFilePermissions(target, Modes.PROGRAM);
            } else if (attributes.isRegularFile() && attributes.owner().equals(owner)) {
                file(stream, name, target);
                var program = attributes.permissions().contains(PosixFilePermission.OWNER_EXECUTE);
                Files.setPosixFilePermissions(target, program ? Modes.PROGRAM : Modes.FILE);
            }
        }
    }

    /** A file with holes becomes one without: it is counted in full before a byte of it is written. */
    private void file(SecureDirectoryStream<Path> stream, Path name, Path target) throws IOException {
        var options = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        try (var from = stream.newByteChannel(name, options)) {
            long size = from.size();
            if (size > limits.layer() - bytes) {
                throw tooLarge(new DataSize(limits.layer()) + " of files");
            }
            bytes += size;
            try (var to = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                copy(from, to, size);
            }
        }
    }

    private static void copy(SeekableByteChannel from, FileChannel to, long size) throws IOException {
        long done = 0;
        while (done < size) {
            long count = to.transferFrom(from, done, size - done);
            if (count == 0) {
                return; // it became shorter
            }
            done += count;
        }
    }

    private static RuntimeException tooLarge(String limit) {
        return BuildFailure.of(
                "what was installed is too large: a layer may have " + limit, "install fewer or smaller packages");
    }

    /** A link is kept if it stays within the layer. */
    private void link(Path inside, Path target) throws IOException {
        var destination = Files.readSymbolicLink(source.resolve(inside));
        @Nullable Path parent = inside.getParent();
        var resolved = (parent == null ? destination : parent.resolve(destination)).normalize();
        if (!destination.isAbsolute() && !resolved.startsWith("..")) {
            Files.createSymbolicLink(target, destination);
        }
    }
}
