package dev.mayfly.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Goes through every state that a {@link SmallWorld} of some size can get into, the nearest first, by living through the events that lead there; where
 * two orders of events lead to the same state, once. So what it finds broken it shows by the fewest events that break it.
 */
final class ModelChecker {
    /**
     * What was found.
     *
     * @param states that differ
     * @param transitions from one of them to the next
     * @param rests states in which nothing more happens
     * @param counterexample empty: all holds
     */
    record Report(int states, int transitions, int rests, Optional<Counterexample> counterexample) {}

    /** What did not hold, and after what. */
    record Counterexample(List<SmallEvent> events, List<String> broken) {
        @Override
        public String toString() {
            return broken + " after: "
                    + events.stream().map(SmallEvent::toString).collect(Collectors.joining(", "));
        }
    }

    /** The state after {@code event} in {@code before}. */
    private record Node(
            int number, @Nullable Node before, @Nullable SmallEvent event, List<SmallEvent> enabled) {
        List<SmallEvent> path() {
            var path = new ArrayList<SmallEvent>();
            for (var each = this; each.before != null && each.event != null; each = each.before) {
                path.addFirst(each.event);
            }
            return path;
        }
    }

    /** More states than any size that is gone through has. */
    static final int MOST = 10_000_000;

    private final SmallSize size;
    private final int most;
    private final HashMap<Fingerprint.Bits, Node> known = new HashMap<>();
    private final ArrayDeque<Node> frontier = new ArrayDeque<>();
    private final List<List<Integer>> comingFrom = new ArrayList<>();
    private final List<Node> rests = new ArrayList<>();
    private int transitions;

    private ModelChecker(SmallSize size, int most) {
        this.size = size;
        this.most = most;
    }

    /** @param most states, more than which are too many to go through */
    static Report check(SmallSize size, int most) {
        return new ModelChecker(size, most).run();
    }

    /** For those who have other classes of the same names. Empty: all holds. */
    static String counterexample(String size) {
        return check(SmallSize.named(size), MOST)
                .counterexample()
                .map(Counterexample::toString)
                .orElse("");
    }

    /** Lives through these events, and says what did not hold. */
    static List<String> replay(SmallSize size, List<SmallEvent> events) {
        return live(size, events).checks.broken();
    }

    private Report run() {
        var start = new SmallWorld(size);
        add(null, null, start);
        while (!frontier.isEmpty()) {
            var found = expand(frontier.remove());
            if (found.isPresent()) {
                return report(found);
            }
            if (known.size() > most) {
                throw new IllegalStateException(size + " has more than " + most + " states");
            }
        }
        return report(neverAtRest());
    }

    private Report report(Optional<Counterexample> counterexample) {
        return new Report(known.size(), transitions, rests.size(), counterexample);
    }

    private Optional<Counterexample> expand(Node node) {
        var path = node.path();
        for (var event : node.enabled) {
            var events = new ArrayList<>(path);
            events.add(event);
            var world = live(size, events);
            transitions++;
            if (!world.checks.broken().isEmpty()) {
                return Optional.of(new Counterexample(events, world.checks.broken()));
            }
            add(node, event, world);
        }
        return Optional.empty();
    }

    private void add(@Nullable Node before, @Nullable SmallEvent event, SmallWorld world) {
        var bits = Fingerprint.of(world);
        var node = known.get(bits);
        if (node == null) {
            node = new Node(known.size(), before, event, world.enabled());
            known.put(bits, node);
            comingFrom.add(new ArrayList<>(2));
            frontier.add(node);
            if (world.atRest()) {
                rests.add(node);
            }
        }
        if (before != null) {
            comingFrom.get(node.number).add(before.number);
        }
    }

    /** From wherever it is, it can come to rest: nothing goes on for ever. */
    private Optional<Counterexample> neverAtRest() {
        var can = new boolean[known.size()];
        var next = new ArrayDeque<Integer>();
        rests.forEach(each -> next.add(each.number));
        while (!next.isEmpty()) {
            int each = next.remove();
            if (!can[each]) {
                can[each] = true;
                next.addAll(comingFrom.get(each));
            }
        }
        return known.values().stream()
                .filter(each -> !can[each.number])
                .min((a, b) -> a.number - b.number)
                .map(each -> new Counterexample(each.path(), List.of("from here it never comes to rest")));
    }

    private static SmallWorld live(SmallSize size, List<SmallEvent> events) {
        var world = new SmallWorld(size);
        for (var event : events) {
            try {
                world.happen(event);
            } catch (RuntimeException e) {
                world.broken(event + " failed: " + e);
            }
        }
        if (world.atRest()) {
            world.checks.end();
        }
        return world;
    }
}
