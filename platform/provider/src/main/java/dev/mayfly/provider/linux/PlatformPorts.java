package dev.mayfly.provider.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ports that belong to the platform.
 *
 * @param loopback those that lead to it at addresses of loopback, such as {@code 7070,7101-7999}; empty: none
 * @param everywhere those of them that do so at the machine's other addresses, too, because it listens there for everybody; empty: none
 * @param tls the one of them where it speaks TLS
 */
public record PlatformPorts(String loopback, List<Integer> everywhere, Optional<Integer> tls) {
    public static final PlatformPorts NONE = new PlatformPorts("", List.of(), Optional.empty());

    public PlatformPorts {
        everywhere = List.copyOf(everywhere);
    }

    List<String> words() {
        var words = new ArrayList<String>();
        if (!loopback.isEmpty()) {
            words.addAll(List.of("--ports", loopback));
        }
        if (!everywhere.isEmpty()) {
            var all = everywhere.stream().map(String::valueOf).toList();
            words.addAll(List.of("--ports-everywhere", String.join(",", all)));
        }
        tls.ifPresent(port -> words.addAll(List.of("--port-tls", port.toString())));
        return words;
    }
}
