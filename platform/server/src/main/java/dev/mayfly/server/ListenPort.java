package dev.mayfly.server;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Chooses the port to listen on before anything is started for it. */
record ListenPort(PortHolder holder) {
    private static final int LAST = 65_535;

    /** @throws dev.mayfly.model.ProblemException conflict, naming who has the port and one that is free */
    int choose(ServerOptions options) throws IOException {
        if (free(options.host(), options.port())) {
            return options.port();
        }
        int next = options.port() + 1;
        while (next <= LAST && !free(options.host(), next)) {
            next++;
        }
        if (options.portSearch() && next <= LAST) {
            return next;
        }
        var by = holder.of(options.port()).map(who -> " by " + who).orElse("");
        throw new Problem(
                        ErrorCode.CONFLICT,
                        "port " + options.port() + " is in use" + by,
                        "mayfly server --port " + next)
                .asException();
    }

    private static boolean free(String host, int port) throws IOException {
        var address = InetAddress.getAllByName(host)[0];
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(address, port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
