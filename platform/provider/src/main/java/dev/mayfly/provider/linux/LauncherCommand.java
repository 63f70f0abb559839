package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.RuntimeDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the launcher is started.
 *
 * @param program {@code mayfly-launcher}
 * @param ports loopback ports that belong to the platform, such as {@code 7070,7101-7999}; empty: none
 * @param domain the platform's domain
 */
public record LauncherCommand(Path program, String ports, String domain) {
    /** The socket that the gateway makes for callers from inside. */
    static Path inside(RuntimeDirectory directory) {
        return directory.root().resolve("inside.sock");
    }

    List<String> words(RuntimeDirectory directory) {
        var words = new ArrayList<>(
                List.of(program.toString(), "serve", "--dir", directory.root().toString(), "--key", directory.key()));
        words.addAll(List.of("--inside", inside(directory).toString()));
        if (!ports.isEmpty()) {
            words.addAll(List.of("--ports", ports));
        }
        words.addAll(List.of("--domain", domain));
        return words;
    }
}
