package dev.mayfly.store.files;

import static java.nio.file.attribute.PosixFilePermissions.fromString;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Folders and what is below them. Links are never followed. */
final class Tree {
    private static final Set<PosixFilePermission> FOLDER = fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> PASSAGE = fromString("rwx--x--x");
    private static final Set<PosixFilePermission> FROZEN_FOLDER = fromString("r-xr-xr-x");
    private static final Set<PosixFilePermission> FROZEN_FILE = fromString("r--r--r--");
    private static final Set<PosixFilePermission> FROZEN_PROGRAM = fromString("r-xr-xr-x");

    private Tree() {}

    /** A folder that everyone may pass, and only its owner may list: who does not know a name cannot find it. */
    static void makePassage(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PASSAGE);
    }

    /** A folder that everyone may pass, whatever the umask says. */
    static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, FOLDER);
        }
    }

    static List<Path> list(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.toList();
        }
    }

    static void readOnly(Path file) throws IOException {
        Files.setPosixFilePermissions(file, FROZEN_FILE);
    }

    /** Renames within a file system, replacing a file of that name, so that the new name survives a power cut. */
    static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        DiskFlush.one(to.resolveSibling("."));
    }

    /** Makes all below {@code root} read only for everyone, and puts it on disk. */
    static void freeze(Path root) throws IOException, InterruptedException {
        var toFlush = new ArrayList<Path>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    boolean program = Files.getPosixFilePermissions(file).contains(PosixFilePermission.OWNER_EXECUTE);
                    toFlush.add(file);
                    Files.setPosixFilePermissions(file, program ? FROZEN_PROGRAM : FROZEN_FILE);
                } else if (!attributes.isSymbolicLink()) {
                    throw new Problem(
                                    ErrorCode.BAD_REQUEST,
                                    "file " + root.relativize(file) + " (expected: a file, a folder or a link)")
                            .asException();
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.setPosixFilePermissions(folder, FROZEN_FOLDER);
                toFlush.add(folder);
                return FileVisitResult.CONTINUE;
            }
        });
        DiskFlush.all(toFlush);
    }

    /** Deletes {@code root} and all below it, read only or not, if it is there. */
    static void delete(Path root) throws IOException {
        if (Files.notExists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Files.setPosixFilePermissions(folder, FOLDER);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) throws IOException {
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
