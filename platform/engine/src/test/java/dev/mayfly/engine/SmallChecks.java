package dev.mayfly.engine;

import dev.mayfly.engine.InstanceState.Serving;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What must hold in every state of a {@link SmallWorld}, and in those in which nothing more happens. */
final class SmallChecks {
    /** No pause after failed starts is longer than this, nor any other after which it is decided again. */
    private static final long LONGEST_PAUSE = Duration.ofMillis(6_400).toNanos();

    private final SmallWorld world;
    private final List<String> broken = new ArrayList<>();
    private boolean someStartFailed;

    SmallChecks(SmallWorld world) {
        this.world = world;
    }

    List<String> broken() {
        return broken;
    }

    void broken(String what) {
        broken.add(what);
    }

    void answered(SmallRequest request, SmallRequest.Attempt attempt) {
        if (attempt.answers != 1) {
            broken("request " + request.number + " was answered " + attempt.answers + " times");
        }
        if (attempt.lease != null) {
            var on = world.on(request);
            if (on.exited || !on.serves()) {
                broken("request " + request.number + " was given instance " + on.number + ", which serves nobody");
            }
        }
        if (attempt.refused != null && attempt.refused.problem().message().contains("became free within")) {
            boolean comes = world.instances.stream().anyMatch(SmallInstance::starts);
            if (!someStartFailed && !comes && present() < world.size.limits().maxInstances()) {
                broken("request " + request.number + " waited in vain though more instances were allowed");
            }
        }
    }

    void before() {
        someStartFailed |= world.instances.stream().anyMatch(each -> each.instance.gone() && !each.drained);
    }

    void after() {
        long waiting = world.requests.stream().filter(SmallRequest::waits).count();
        limits(waiting);
        world.instances.forEach(this::slots);
        world.requests.stream().filter(SmallRequest::granted).forEach(this::held);
        if (waiting > 0) {
            wakeUps(waiting);
        }
        world.requests.stream().filter(SmallRequest::over).forEach(each -> {
            billed(each);
            told(each);
        });
    }

    private long present() {
        return world.instances.stream()
                .filter(each -> each.serves() || each.starts())
                .count();
    }

    private void limits(long waiting) {
        var limits = world.size.limits();
        int concurrency = world.size.concurrency();
        if (present() > limits.maxInstances()) {
            broken(present() + " instances (expected: at most " + limits.maxInstances() + ")");
        }
        long room = limits.queue() + (long) limits.maxInstances() * concurrency;
        if (waiting > room) {
            broken(waiting + " requests wait (expected: at most " + room + ")");
        }
        for (var each : world.instances) {
            long running = world.requests.stream()
                    .filter(request -> request.granted() && !request.left && request.begun && !request.ended)
                    .filter(request -> world.on(request) == each)
                    .count();
            if (!each.exited && !each.killed && running > concurrency) {
                broken("instance " + each.number + " runs " + running + " requests at a time");
            }
        }
    }

    private void slots(SmallInstance each) {
        int active = switch (each.instance.state) {
            case Serving serving -> serving.active();
            case InstanceState.Draining draining -> draining.active();
            case InstanceState.Starting starting -> 0;
            case InstanceState.Gone gone -> each.instance.active.size();
        };
        if (active != each.instance.active.size()) {
            broken("instance " + each.number + " counts " + active + " requests and has "
                    + each.instance.active.size());
        }
    }

    /** The engine holds a slot for whoever has one, and for nobody else. */
    private void held(SmallRequest request) {
        boolean held = world.on(request)
                .instance
                .active
                .containsKey(request.lease().id().value());
        if (held && !request.holdsSlot()) {
            broken("request " + request.number + " is over and its slot was not given back");
        }
        if (!held && request.holdsSlot() && request.heard && !request.responded && !request.aborted) {
            broken("request " + request.number + " has lost its slot");
        }
    }

    private void wakeUps(long waiting) {
        int concurrency = world.size.concurrency();
        if (world.instances.stream()
                .anyMatch(each -> each.instance.state instanceof Serving serving && serving.active() < concurrency)) {
            broken(waiting + " requests wait though a slot is free");
        }
        if (present() == 0 && world.nextTimer() > world.now() + LONGEST_PAUSE) {
            broken(waiting + " requests wait for nothing: no instance is there or on its way, nor will one be started");
        }
        long deadline = world.size.limits().queueTimeout().toNanos();
        if (world.nextTimer() > world.now() + deadline) {
            broken(waiting + " requests wait and nobody will look whether they have waited too long");
        }
    }

    // --- when nothing more can happen

    void end() {
        if (world.requests.stream().anyMatch(SmallRequest::waits)) {
            broken("a request was never answered");
        }
        int kept = world.ended ? 0 : world.size.limits().minInstances();
        long there =
                world.instances.stream().filter(each -> !each.instance.gone()).count();
        if (there != kept) {
            broken(there + " instances are left (expected: " + kept + ")");
        }
        if (kept == 0 && !world.engine.inUse().isEmpty()) {
            broken("nothing is left, and still the function is said to be in use");
        }
    }

    /** Who ran has one record, and so has who waited for a start that failed; nobody else has any. */
    private void billed(SmallRequest request) {
        for (var attempt : request.attempts) {
            boolean last = attempt == request.attempt();
            boolean ran = attempt.lease != null && last && !request.left;
            boolean failed = attempt.refused != null
                    && attempt.refused.problem().message().contains("could not start");
            long expected = ran || failed ? 1 : 0;
            long records = attempt.id()
                    .map(id -> world.ledger.records.stream()
                            .filter(each -> each.id().equals(id))
                            .count())
                    .orElse(0L);
            boolean leftTooLate = last && request.left && records == 1; // it had been ended for the gateway already
            if (records != expected && !leftTooLate) {
                broken("request " + request.number + " has " + records + " usage records (expected: " + expected + ")");
            }
        }
    }

    /** The journal says of each answer why it was given, once. */
    private void told(SmallRequest request) {
        for (var attempt : request.attempts) {
            attempt.id().ifPresent(id -> {
                var decisions = world.engine.decisions(id);
                long given = decisions.stream()
                        .filter(each -> each.reason().kind() == Reason.Kind.REUSE)
                        .count();
                long refused = decisions.stream()
                        .filter(each -> each.reason().kind() == Reason.Kind.REJECT)
                        .count();
                boolean closed = decisions.isEmpty() && world.ended;
                if (!closed
                        && (given != (attempt.lease == null ? 0 : 1) || refused != (attempt.refused == null ? 0 : 1))) {
                    broken("the journal does not say once what became of request " + request.number + ": "
                            + decisions.stream().map(Decision::reason).toList());
                }
            });
        }
    }
}
