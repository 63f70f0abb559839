package dev.mayfly.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;

/**
 * Where artifacts and running builds are. Functions and build tools run as users who own nothing and must be able to pass through every folder
 * above what they read; a home is often closed to them, and stays so.
 *
 * @param reason why they are there, for people
 */
record Places(Path artifacts, Path builds, String reason) {

    /**
     * @param key stands for the home, in names outside of it
     * @param root whether the server runs functions as other users
     * @param named by the operator
     */
    static Places of(Path home, String key, boolean root, Optional<Path> named) {
        if (named.isPresent()) {
            var folder = named.get().toAbsolutePath().normalize();
            return new Places(folder, folder.resolveSibling(folder.getFileName() + "-builds"), "named by --artifacts");
        }
        if (!root) {
            return inside(home, "functions run as the user of the server");
        }
        var closed = closed(home);
        if (closed.isEmpty()) {
            return inside(home, "every user may pass through " + home);
        }
        var outside = Path.of("/var/lib/mayfly", key);
        return new Places(
                outside.resolve("artifacts"),
                outside.resolve("builds"),
                closed.get() + " is closed to the users that functions run as");
    }

    private static Places inside(Path home, String reason) {
        return new Places(home.resolve("artifacts"), home.resolve("builds"), reason);
    }

    /** The first folder on the way to {@code folder}, or itself, that other users may not pass through. */
    private static Optional<Path> closed(Path folder) {
        try {
            for (Path part = folder.toRealPath(); part != null; part = part.getParent()) {
                if (!Files.getPosixFilePermissions(part).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                    return Optional.of(part);
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(folder);
        }
    }
}
