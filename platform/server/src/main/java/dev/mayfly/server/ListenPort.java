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

    /**
     * @param option what it is set with, for who is told that it is taken
     * @param search whether the next free one will do
     * @param other a port that is not bound yet but will be; 0: none
     * @throws dev.mayfly.model.ProblemException conflict, naming who has the port and one that is free
     */
    int choose(String option, ListenAddress wanted, boolean search, int other) throws IOException {
        var host = wanted.host();
        if (wanted.port() != other && free(host, wanted.port())) {
            return wanted.port();
        }
        int next = wanted.port() + 1;
        while (next <= LAST && (next == other || !free(host, next))) {
            next++;
        }
        if (search && next <= LAST) {
            return next;
        }
        var by = holder.of(wanted.port()).map(who -> " by " + who).orElse("");
        var instead = option.equals("--port") ? "--port " + next : option + " " + host + ":" + next;
        throw new Problem(ErrorCode.CONFLICT, "port " + wanted.port() + " is in use" + by, "mayfly server " + instead)
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
