package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.RuntimeDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the launcher is started.
 *
 * @param program {@code mayfly-launcher}
 * @param domain the platform's domain
 */
public record LauncherCommand(Path program, PlatformPorts ports, String domain) {
    /** What a Python loads to be copied; empty where it did not compile when Mayfly was built. */
    Optional<Path> module() {
        return Optional.of(program.resolveSibling("mayfly_fork.so")).filter(Files::isRegularFile);
    }

    /** The socket that the gateway makes for callers from inside. */
    static Path inside(RuntimeDirectory directory) {
        return directory.root().resolve("inside.sock");
    }

    /** The one where the gateway speaks TLS. */
    static Path insideTls(RuntimeDirectory directory) {
        return directory.root().resolve("inside-tls.sock");
    }

    /** Deletes sockets of a killed server's gateway, which the launcher would take for this one's. */
    static void clear(RuntimeDirectory directory) {
        try {
            Files.deleteIfExists(inside(directory));
            Files.deleteIfExists(insideTls(directory));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete what a killed server left in " + directory.root(), e);
        }
    }

    /** @param network the user that the processes which carry the network run as; empty: the server's own */
    List<String> words(RuntimeDirectory directory, Optional<Integer> network) {
        var words = new ArrayList<>(
                List.of(program.toString(), "serve", "--dir", directory.root().toString(), "--key", directory.key()));
        words.addAll(List.of("--inside", inside(directory).toString()));
        if (ports.tls().isPresent()) {
            words.addAll(List.of("--inside-tls", insideTls(directory).toString()));
        }
        words.addAll(ports.words());
        words.addAll(List.of("--domain", domain));
        network.ifPresent(user -> words.addAll(List.of("--network-uid", user.toString())));
        return words;
    }
}
