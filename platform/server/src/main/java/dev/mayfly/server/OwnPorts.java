package dev.mayfly.server;

import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.provider.linux.PlatformPorts;
import dev.mayfly.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where this server listens, as the network of sandboxes has to know.
 *
 * @param listen the port for clients
 * @param admin where the management API is; the same where nothing is by TLS
 */
record OwnPorts(ServerOptions options, int listen, int admin) {
    private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::");

    /** With the ports of projects and deployments. */
    PlatformPorts with(LoopbackPorts ports, Snapshot snapshot) {
        var tls = options.tls();
        var all = new ArrayList<>(List.of(listen, admin));
        var everywhere = new ArrayList<Integer>();
        if (EVERYWHERE.contains(options.listen().host())) {
            everywhere.add(listen);
        }
        tls.redirect().ifPresent(plain -> {
            all.add(plain.port());
            if (EVERYWHERE.contains(plain.host())) {
                everywhere.add(plain.port());
            }
        });
        return new PlatformPorts(
                ports.belonging(all, snapshot), everywhere, tls.secure() ? Optional.of(listen) : Optional.empty());
    }
}
