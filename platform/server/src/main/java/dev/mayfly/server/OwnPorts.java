package dev.mayfly.server;

import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.provider.linux.PlatformPorts;
import dev.mayfly.store.Snapshot;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where this server listens, as the network of sandboxes has to know.
 *
 * @param listen the port for clients
 * @param admin where the management API is; the same where nothing is by TLS
 */
record OwnPorts(ServerOptions options, int listen, int admin) {
    /** With the ports of projects and deployments. */
    PlatformPorts with(LoopbackPorts ports, Snapshot snapshot) {
        var tls = options.tls();
        var all = new ArrayList<>(List.of(listen, admin));
        var everywhere = new ArrayList<Integer>();
        if (isEverywhere(options.listen().host())) {
            everywhere.add(listen);
        }
        tls.redirect().ifPresent(plain -> {
            all.add(plain.port());
            if (isEverywhere(plain.host())) {
                everywhere.add(plain.port());
            }
        });
        return new PlatformPorts(
                ports.belonging(all, snapshot), everywhere, tls.secure() ? Optional.of(listen) : Optional.empty());
    }

    /** However the address is written. */
    private static boolean isEverywhere(String host) {
        try {
            return InetAddress.ofLiteral(host).isAnyLocalAddress();
        } catch (IllegalArgumentException e) {
            return false; // a name
        }
    }
}
