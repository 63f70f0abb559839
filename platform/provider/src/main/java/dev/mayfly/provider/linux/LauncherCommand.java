package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.RuntimeDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the launcher is started.
 *
 * @param program {@code mayfly-launcher}
 * @param inside Unix socket of the gateway's face for callers from inside; empty: they reach nothing of the platform
 * @param ports loopback ports that belong to the platform, such as {@code 7070,7101-7999}; empty: none
 * @param domain the platform's domain
 */
public record LauncherCommand(Path program, Optional<Path> inside, String ports, String domain) {
    List<String> words(RuntimeDirectory directory) {
        var words = new ArrayList<>(
                List.of(program.toString(), "serve", "--dir", directory.root().toString(), "--key", directory.key()));
        inside.ifPresent(socket -> words.addAll(List.of("--inside", socket.toString())));
        if (!ports.isEmpty()) {
            words.addAll(List.of("--ports", ports));
        }
        words.addAll(List.of("--domain", domain));
        return words;
    }
}
