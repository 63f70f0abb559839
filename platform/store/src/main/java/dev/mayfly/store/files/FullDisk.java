package dev.mayfly.store.files;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells a full disk from other failures. */
final class FullDisk {
    /** Less than a block of any file system in use. */
    private static final long NOTHING = 4096;

    private FullDisk() {}

    /** Throws insufficient_storage if that is why; returns {@code cause} to be thrown otherwise. */
    static IOException explain(Path folder, IOException cause) throws IOException {
        var message = String.valueOf(cause.getMessage());
        boolean full = message.contains("No space left on device")
                || message.contains("Disk quota exceeded")
                || Files.getFileStore(folder).getUsableSpace() < NOTHING;
        if (full) {
            throw new ProblemException(
                    new Problem(
                            ErrorCode.INSUFFICIENT_STORAGE,
                            "the disk with " + folder + " is full",
                            "free some space; mayfly rm removes deployments"),
                    cause);
        }
        return cause;
    }
}
