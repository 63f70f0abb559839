package dev.mayfly.provider.python;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;

/** Whether those who run functions can get at a file. */
@FunctionalInterface
public interface Reach {
    /** What is in the way, as in {@code /root is closed to other users}; empty when nothing is. */
    Optional<String> obstacle(Path file);

    /** For a server that runs functions as itself. */
    static Reach ofThisUser() {
        return file -> Files.isReadable(file) && (Files.isDirectory(file) || Files.isExecutable(file))
                ? Optional.empty()
                : Optional.of(file + " is closed to this user");
    }

    /** For a server that runs functions as an unprivileged user who owns nothing: the bits for others decide, all along the real path. */
    static Reach ofOthers() {
        return file -> obstacle(file, true);
    }

    /** Whether a user who owns nothing can read the file. */
    static boolean othersCanRead(Path file) {
        return obstacle(file, false).isEmpty();
    }

    private static Optional<String> obstacle(Path file, boolean program) {
        try {
            Path real = file.toRealPath();
            for (Path part = real; part != null; part = part.getParent()) {
                var permissions = Files.getPosixFilePermissions(part);
                boolean last = part.equals(real);
                boolean executable = permissions.contains(PosixFilePermission.OTHERS_EXECUTE) || (last && !program);
                if (!executable || (last && !permissions.contains(PosixFilePermission.OTHERS_READ))) {
                    return Optional.of(part + " is closed to other users");
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(file + " cannot be read");
        }
    }
}
