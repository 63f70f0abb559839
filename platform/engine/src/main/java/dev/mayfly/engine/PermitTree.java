package dev.mayfly.engine;

import dev.mayfly.model.ProjectName;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * Counts what runs under one set of limits: the server, below it teams, their projects, functions, and as leaves the pools, one of each deployment. What is
 * reserved for functions is set apart from the limits above them; where that would leave nothing to the others, the limit holds and nothing is set
 * apart. The {@link Permits}', under their lock.
 */
final class PermitTree {
    /** A place where requests are counted. Only the function, and what is above it, may have a limit. */
    static final class Node {
        private final @Nullable Node parent;
        private final @Nullable LimitScope scope;
        private final @Nullable PermitHolder holder;
        private final int most;
        /** What of that is for functions which reserve it. */
        private final int reserved;

        private final Map<Object, Node> children = new HashMap<>(4);
        /** Children that wait, or below which some do: whose turn was longest ago first. */
        private final SequencedSet<Node> waiting = new LinkedHashSet<>(4);
        /** Of all below. */
        private int running;
        /** Those of them that the limit is for. */
        private int counted;

        private Node(
                @Nullable Node parent,
                @Nullable LimitScope scope,
                @Nullable PermitHolder holder,
                int most,
                int reserved) {
            this.parent = parent;
            this.scope = scope;
            this.holder = holder;
            this.most = most;
            this.reserved = reserved < most ? reserved : 0;
        }

        PermitHolder holder() {
            return Objects.requireNonNull(holder);
        }

        LimitScope.Full toFull() {
            return new LimitScope.Full(Objects.requireNonNull(scope), most, reserved);
        }

        private int room() {
            return most == ConcurrencyLimits.NONE ? most : Math.max(0, most - reserved - counted);
        }

        private Node above() {
            return Objects.requireNonNull(parent);
        }

        /** Whether {@code leaf}, which is below it, counts towards its limit. */
        private boolean counts(Node leaf) {
            return this == leaf.above() || reserved == 0 || leaf.above().most == ConcurrencyLimits.NONE;
        }

        boolean off() {
            return above().most == 0;
        }
    }

    private final ConcurrencyLimits limits;
    private final Map<String, Integer> reservedOfTeam = new HashMap<>();
    private final Node server;

    PermitTree(ConcurrencyLimits limits) {
        this.limits = limits;
        int all = 0;
        for (var each : limits.projects().entrySet()) {
            int reserved = each.getValue().allReserved();
            reservedOfTeam.merge(limits.teamOf(each.getKey()), reserved, PermitTree::sum);
            all = sum(all, reserved);
        }
        server = new Node(null, LimitScope.SERVER, null, limits.server(), all);
    }

    private static int sum(int one, int other) {
        return (int) Math.min((long) one + other, ConcurrencyLimits.NONE);
    }

    Node leaf(PermitHolder holder, String team) {
        var target = holder.target();
        var name = target.function().name();
        ProjectName project = target.deployment().project();
        var said = limits.of(project);
        var ofTeam = server.children.computeIfAbsent(
                team,
                key -> new Node(server, LimitScope.TEAM, null, limits.team(), reservedOfTeam.getOrDefault(team, 0)));
        var ofProject = ofTeam.children.computeIfAbsent(
                project, key -> new Node(ofTeam, LimitScope.PROJECT, null, said.most(), said.allReserved()));
        var ofFunction = ofProject.children.computeIfAbsent(
                name,
                key -> new Node(
                        ofProject,
                        LimitScope.FUNCTION,
                        null,
                        said.reserved().getOrDefault(name, ConcurrencyLimits.NONE),
                        0));
        return ofFunction.children.computeIfAbsent(
                holder, key -> new Node(ofFunction, null, holder, ConcurrencyLimits.NONE, 0));
    }

    void count(Node leaf, int by) {
        for (var node = leaf; node != null; node = node.parent) {
            node.running += by;
            node.counted += node != leaf && node.counts(leaf) ? by : 0;
        }
    }

    /** The first limit that one more would exceed. */
    @Nullable Node full(Node leaf) {
        for (var node = leaf.parent; node != null; node = node.parent) {
            if (node.room() == 0 && node.counts(leaf)) {
                return node;
            }
        }
        return null;
    }

    /** How many more could run. */
    int room(Node leaf) {
        var narrowest = narrowest(leaf);
        return narrowest == null ? ConcurrencyLimits.NONE : narrowest.room();
    }

    /** The limit with least room; of several the innermost. */
    @Nullable Node narrowest(Node leaf) {
        Node found = null;
        for (var node = leaf.parent; node != null; node = node.parent) {
            if (node.most != ConcurrencyLimits.NONE
                    && node.counts(leaf)
                    && (found == null || node.room() < found.room())) {
                found = node;
            }
        }
        return found;
    }

    void await(Node leaf) {
        for (var node = leaf; node.parent != null && node.parent.waiting.add(node); node = node.parent) {
            // up to where some wait already
        }
    }

    /** Who is to have the permit that is free; null: nobody who waits could use it. */
    @Nullable Node next() {
        return next(server);
    }

    private @Nullable Node next(Node node) {
        if (node.holder != null) {
            return full(node) == null ? node : null;
        }
        if (node.room() == 0 && node.reserved == 0) {
            return null; // whatever is below counts here
        }
        Node best = null;
        Node found = null;
        for (var child : node.waiting) {
            if (best == null || child.running < best.running) {
                var leaf = next(child);
                if (leaf != null) {
                    best = child;
                    found = leaf;
                }
            }
        }
        return found;
    }

    /** It waits no longer, and all above it have had their turn. */
    void served(Node leaf) {
        leaf.above().waiting.remove(leaf);
        for (var node = leaf.above(); node.parent != null; node = node.parent) {
            if (node.waiting.isEmpty()) {
                node.parent.waiting.remove(node);
            } else {
                node.parent.waiting.addLast(node);
            }
        }
    }

    /** It runs nothing. */
    void remove(Node leaf) {
        if (leaf.above().waiting.contains(leaf)) {
            served(leaf);
        }
        for (var node = leaf; node.parent != null && node.children.isEmpty(); node = node.parent) {
            node.parent.children.values().remove(node);
        }
    }
}
