package dev.mayfly.server;

import dev.mayfly.model.Digest;
import dev.mayfly.model.Scope;
import dev.mayfly.store.Catalog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/** The admin token of a home: made at the first start, in a file that only its owner reads; the store knows its digest alone. */
final class AdminToken {
    private static final int BYTES = 32;

    private AdminToken() {}

    static void ensure(Path file, Catalog catalog, SecureRandom random) throws IOException {
        if (!Files.exists(file)) {
            write(file, make(random));
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        var digest = Digest.of(Files.readString(file).strip()).hex();
        if (catalog.principal(digest).isEmpty()) {
            catalog.addToken(digest, Catalog.FIRST_TEAM, Scope.ADMIN);
        }
    }

    private static String make(SecureRandom random) {
        var bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return "mf_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Complete before it has its name. */
    private static void write(Path file, String token) throws IOException {
        var part = file.resolveSibling("token.part");
        Files.deleteIfExists(part);
        var attributes = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (var channel = Files.newByteChannel(
                part, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            channel.write(StandardCharsets.US_ASCII.encode(token + "\n"));
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
