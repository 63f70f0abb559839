package dev.mayfly.store.secret;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The file with a home's encryption key: 32 random bytes that only the owner may read, made at the first start. */
public final class KeyFile {
    private static final int BYTES = 32;
    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private KeyFile() {}

    /** @throws dev.mayfly.model.ProblemException forbidden when others may read it; internal when it is not a key */
    public static SecretKey loadOrMake(Path file, SecureRandom random) throws IOException {
        if (Files.notExists(file)) {
            make(file, random);
        }
        var others = EnumSet.copyOf(Files.getPosixFilePermissions(file));
        others.removeAll(OWNER_ONLY);
        if (!others.isEmpty()) {
            throw new Problem(
                            ErrorCode.FORBIDDEN,
                            file + " is readable by others: "
                                    + PosixFilePermissions.toString(Files.getPosixFilePermissions(file))
                                    + " (expected: rw-------)",
                            "chmod 600 " + file)
                    .asException();
        }
        var bytes = Files.readAllBytes(file);
        if (bytes.length != BYTES) {
            throw new Problem(
                            ErrorCode.INTERNAL,
                            "size of " + file + ": " + bytes.length + " (expected: " + BYTES + " bytes)",
                            "restore it from a backup")
                    .asException();
        }
        var key = new SecretKeySpec(bytes, "AES");
        Arrays.fill(bytes, (byte) 0);
        return key;
    }

    private static void make(Path file, SecureRandom random) throws IOException {
        var bytes = new byte[BYTES];
        random.nextBytes(bytes);
        var name = new byte[8];
        random.nextBytes(name);
        var fresh = file.resolveSibling(
                file.getFileName() + ".new-" + HexFormat.of().formatHex(name));
        try {
            try (var channel = FileChannel.open(
                    fresh, Set.of(CREATE_NEW, WRITE), PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
                channel.write(ByteBuffer.wrap(bytes));
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }
}
