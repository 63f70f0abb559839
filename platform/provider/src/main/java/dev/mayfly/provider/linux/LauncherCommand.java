package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.RuntimeDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the launcher is started.
 *
 * @param program {@code mayfly-launcher}
 * @param ports loopback ports that belong to the platform, such as {@code 7070,7101-7999}; empty: none
 * @param domain the platform's domain
 */
public record LauncherCommand(Path program, String ports, String domain) {
    /** What a Python loads to be copied; empty where it did not compile when Mayfly was built. */
    Optional<Path> module() {
        return Optional.of(program.resolveSibling("mayfly_fork.so")).filter(Files::isRegularFile);
    }

    /** The socket that the gateway makes for callers from inside. */
    static Path inside(RuntimeDirectory directory) {
        return directory.root().resolve("inside.sock");
    }

    /** @param network the user that the processes which carry the network run as; empty: the server's own */
    List<String> words(RuntimeDirectory directory, Optional<Integer> network) {
        var words = new ArrayList<>(
                List.of(program.toString(), "serve", "--dir", directory.root().toString(), "--key", directory.key()));
        words.addAll(List.of("--inside", inside(directory).toString()));
        if (!ports.isEmpty()) {
            words.addAll(List.of("--ports", ports));
        }
        words.addAll(List.of("--domain", domain));
        network.ifPresent(user -> words.addAll(List.of("--network-uid", user.toString())));
        return words;
    }
}
