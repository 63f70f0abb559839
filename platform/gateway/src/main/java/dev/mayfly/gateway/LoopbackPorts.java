package dev.mayfly.gateway;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.store.Snapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.StringJoiner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds free ports of 127.0.0.1 for projects and deployments: a range of them, known before anything is deployed, so that calls to them from
 * inside an instance can be told from calls to the instance's own loopback. Thread-safe.
 */
public final class LoopbackPorts {
    /** Where ports begin by default. */
    public static final int FIRST = 7101;

    /**
     * How many are the platform's before they are given: by default up to 7999, because 8000 is what many a script listens on. Those after them
     * are given when these are used up, and are the platform's from the server's next start on.
     */
    public static final int COUNT = 899;

    private static final int HIGHEST = 65_535;

    /** How many ranges the launcher takes. */
    private static final int RANGES = 32;

    private static final Logger LOG = LoggerFactory.getLogger(LoopbackPorts.class);

    private final int first;
    private final int last;
    private final Set<Integer> reserved = new HashSet<>();

    public LoopbackPorts(int first) {
        this.first = first;
        this.last = Math.min(HIGHEST, first + COUNT - 1);
    }

    /**
     * The loopback ports that belong to the platform, as in {@code 7070,7101-7999}: {@code own}, the whole range, and those beyond it that
     * {@code snapshot} has; at most 32 ranges, for which the smallest gaps are taken with what lies around them.
     *
     * @param own the server's ports
     */
    public String belonging(Collection<Integer> own, Snapshot snapshot) {
        var all = assigned(snapshot);
        own.forEach(all::set);
        all.set(first, last + 1);
        return ranges(all);
    }

    static String ranges(BitSet all) {
        joinDownTo(RANGES, all);
        var text = new StringJoiner(",");
        for (int from = all.nextSetBit(1); from > 0; ) {
            int until = all.nextClearBit(from);
            text.add(until == from + 1 ? Integer.toString(from) : from + "-" + (until - 1));
            from = all.nextSetBit(until);
        }
        return text.toString();
    }

    private static void joinDownTo(int ranges, BitSet ports) {
        var gaps = new ArrayList<int[]>();
        int until = ports.nextClearBit(ports.nextSetBit(1));
        for (int from = ports.nextSetBit(until); from > 0; from = ports.nextSetBit(until)) {
            gaps.add(new int[] {until, from});
            until = ports.nextClearBit(from);
        }
        gaps.sort(Comparator.comparingInt(gap -> gap[1] - gap[0]));
        gaps.stream().limit(Math.max(0, gaps.size() + 1 - ranges)).forEach(gap -> ports.set(gap[0], gap[1]));
    }

    /**
     * A port that nobody in {@code snapshot} has, nobody else has reserved and no program listens on. It stays reserved until {@link #release}:
     * until a snapshot shows it as assigned, or it is not needed after all.
     *
     * @throws dev.mayfly.model.ProblemException unavailable when no port is free
     */
    public synchronized int reserve(Snapshot snapshot) {
        var assigned = assigned(snapshot);
        for (int port = assigned.nextClearBit(first); port <= HIGHEST; port = assigned.nextClearBit(port + 1)) {
            if (!reserved.contains(port) && isFree(port)) {
                reserved.add(port);
                if (port > last) {
                    LOG.warn(
                            "all ports from {} to {} are in use; instances reach {} from the next start on",
                            first,
                            last,
                            port);
                }
                return port;
            }
        }
        throw new Problem(
                        ErrorCode.UNAVAILABLE,
                        "no loopback port from " + first + " on is free: every project and every deployment has one",
                        "delete deployments that nobody needs with mayfly rm, or start the server with another --first-port")
                .asException();
    }

    public synchronized void release(int port) {
        reserved.remove(port);
    }

    private static BitSet assigned(Snapshot snapshot) {
        var assigned = new BitSet(HIGHEST + 1);
        for (var project : snapshot.projects().values()) {
            assigned.set(project.port());
            project.deploymentPorts().values().forEach(assigned::set);
        }
        return assigned;
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
