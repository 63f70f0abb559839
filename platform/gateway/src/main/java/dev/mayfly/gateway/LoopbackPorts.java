package dev.mayfly.gateway;

import dev.mayfly.store.Snapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/** Finds free ports of 127.0.0.1 for projects and deployments, from a first one upwards. Thread-safe. */
public final class LoopbackPorts {
    /** Where ports begin by default. */
    public static final int FIRST = 7101;

    private static final int LAST = 65_535;

    private final int first;
    private final Set<Integer> reserved = new HashSet<>();

    public LoopbackPorts(int first) {
        this.first = first;
    }

    /**
     * A port that nobody in {@code snapshot} has, nobody else has reserved and no program listens on. It stays reserved until {@link #release}:
     * until a snapshot shows it as assigned, or it is not needed after all.
     */
    public synchronized int reserve(Snapshot snapshot) {
        var assigned = new BitSet(LAST + 1);
        for (var project : snapshot.projects().values()) {
            assigned.set(project.port());
            project.deploymentPorts().values().forEach(assigned::set);
        }
        for (int port = assigned.nextClearBit(first); port <= LAST; port = assigned.nextClearBit(port + 1)) {
            if (!reserved.contains(port) && isFree(port)) {
                reserved.add(port);
                return port;
            }
        }
        throw new IllegalStateException("no loopback port is free from " + first + " on");
    }

    public synchronized void release(int port) {
        reserved.remove(port);
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 1);
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
