package dev.mayfly.gateway;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where certificates are found: one by the names of its files, or a folder that holds any number, each as {@code NAME.crt} or {@code NAME.pem} with
 * {@code NAME.key} or {@code NAME-key.pem} beside it, or as a folder with {@code fullchain.pem} and {@code privkey.pem}, as certbot leaves them.
 */
public sealed interface CertificateFiles {
    /** Bytes of a file; more is no certificate. */
    long MOST = 1 << 20;

    /** One of each. */
    record One(Path chain, Path key) implements CertificateFiles {}

    /** Many. */
    record Folder(Path folder) implements CertificateFiles {}

    /**
     * Reads them, blocking.
     *
     * @throws IllegalArgumentException saying what is wrong with which file
     */
    default Certificates read() {
        return Certificates.of(content());
    }

    /**
     * What is in the files, whatever it is worth; blocking.
     *
     * @throws IllegalArgumentException saying which file cannot be read, or is missing
     */
    default List<Certificates.Pem> content() {
        var content = new ArrayList<Certificates.Pem>();
        for (var files : list()) {
            content.add(new Certificates.Pem(
                    files.chain().toString(),
                    content(files.chain()),
                    files.key().toString(),
                    content(files.key())));
        }
        return content;
    }

    private List<One> list() {
        return switch (this) {
            case One one -> List.of(one);
            case Folder(var folder) -> pairs(folder);
        };
    }

    private static List<One> pairs(Path folder) {
        List<Path> entries;
        try (var all = Files.list(folder)) {
            entries = all.sorted().toList();
        } catch (IOException e) {
            throw new IllegalArgumentException(folder + " (expected: a folder that can be read)", e);
        }
        var pairs = new ArrayList<One>();
        for (var entry : entries) {
            if (Files.isDirectory(entry)) {
                pair(entry.resolve("fullchain.pem"), entry.resolve("privkey.pem"))
                        .ifPresent(pairs::add);
            } else if (isChain(entry.getFileName().toString())) {
                pairs.add(withKey(entry));
            }
        }
        if (pairs.isEmpty()) {
            throw new IllegalArgumentException(
                    folder + " (expected: NAME.crt and NAME.key in it, or NAME/fullchain.pem and NAME/privkey.pem)");
        }
        return pairs;
    }

    private static boolean isChain(String name) {
        return name.endsWith(".crt") || (name.endsWith(".pem") && !name.endsWith("-key.pem"));
    }

    private static One withKey(Path chain) {
        var name = chain.getFileName().toString();
        var stem = name.substring(0, name.length() - ".crt".length());
        return pair(chain, chain.resolveSibling(stem + ".key"))
                .or(() -> pair(chain, chain.resolveSibling(stem + "-key.pem")))
                .orElseThrow(() -> new IllegalArgumentException(
                        chain + " (expected: its key beside it, as " + stem + ".key or " + stem + "-key.pem)"));
    }

    private static Optional<One> pair(Path chain, Path key) {
        return Files.exists(chain) && Files.exists(key) ? Optional.of(new One(chain, key)) : Optional.empty();
    }

    private static Buffer content(Path file) {
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes((int) MOST + 1);
            if (bytes.length <= MOST) {
                return Buffer.buffer(bytes);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " (expected: a file that can be read)", e);
        }
        throw new IllegalArgumentException(file + " (expected: at most " + MOST + " bytes)");
    }
}
