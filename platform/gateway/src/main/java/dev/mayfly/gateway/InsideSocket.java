package dev.mayfly.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The place of a Unix socket that only one user may connect to. A socket is born with the permissions of the umask, so it is bound in a folder
 * closed to others and moved into place once it is closed to them itself; that also replaces, in one step, what a killed server left there.
 */
final class InsideSocket implements AutoCloseable {
    private final Path place;
    private final Path folder;

    /** @throws IOException when nothing can be made beside {@code place} */
    InsideSocket(Path place) throws IOException {
        this.place = place;
        this.folder = place.resolveSibling(place.getFileName() + ".new");
        Files.deleteIfExists(born());
        Files.deleteIfExists(folder);
        Files.createDirectory(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Where to bind it. */
    Path born() {
        return folder.resolve("s");
    }

    /** When it is bound: gives it to {@code user} and puts it in its place. */
    void show(Optional<Integer> user) throws IOException {
        if (user.isPresent()) {
            Files.setAttribute(born(), "unix:uid", user.get());
        }
        Files.setPosixFilePermissions(born(), PosixFilePermissions.fromString("rw-------"));
        Files.move(born(), place, StandardCopyOption.ATOMIC_MOVE);
        Files.delete(folder);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(place);
        Files.deleteIfExists(born());
        Files.deleteIfExists(folder);
    }
}
