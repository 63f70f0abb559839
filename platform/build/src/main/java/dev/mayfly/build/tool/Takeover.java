package dev.mayfly.build.tool;

import dev.mayfly.build.source.Modes;
import java.io.IOException;
import java.nio.channels.Channels;
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

    public Takeover(Path source) throws IOException {
        this.source = source;
        this.owner = Files.getOwner(source, LinkOption.NOFOLLOW_LINKS);
    }

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
            throw new IOException("folders are nested deeper than " + DEEPEST + ": " + inside);
        }
        for (Path entry : stream) {
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

    private static void file(SecureDirectoryStream<Path> stream, Path name, Path target) throws IOException {
        var options = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        try (var from = stream.newByteChannel(name, options)) {
            Files.copy(Channels.newInputStream(from), target);
        }
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
