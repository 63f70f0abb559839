package dev.mayfly.engine;

import dev.mayfly.model.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What must hold in every {@link Simulation}: each request is answered once and in time; nobody waits while a slot is free; limits hold; requests
 * of a client keep their order; in the end nothing is left. What does not is kept, with when it was seen.
 */
final class Watch {
    private static final int ENOUGH = 5;
    /** A leap of the clock makes timers late by as much. */
    long lateNanos = Duration.ofMillis(1).toNanos();

    private final Simulation simulation;
    private final List<String> broken = new ArrayList<>();

    Watch(Simulation simulation) {
        this.simulation = simulation;
    }

    List<String> broken() {
        return broken;
    }

    void broken(String what) {
        if (broken.size() < ENOUGH) {
            broken.add("at " + Duration.ofNanos(simulation.time.nanos()) + ": " + what);
        }
    }

    /** After each event of a function. */
    void look(SimulatedFunction function) {
        if (function.waiting > 0 && function.live.stream().anyMatch(SimulatedInstance::free) && servesLess(function)) {
            broken(function.waiting + " requests wait though a slot is free");
        }
    }

    /** Whether the engine takes an instance for one that serves, and has given it less than it can take. */
    private boolean servesLess(SimulatedFunction function) {
        return function.live.stream()
                .filter(SimulatedInstance::free)
                .anyMatch(each -> each.instance.state instanceof InstanceState.Serving serving
                        && serving.active() < function.concurrency());
    }

    /** The function has one instance more. */
    void started(SimulatedFunction function, Pool pool) {
        long counted = pool.views().stream()
                .filter(each -> !each.state().equals("draining"))
                .count();
        if (counted > function.limits().maxInstances()) {
            broken(counted + " instances (expected: at most "
                    + function.limits().maxInstances() + ")");
        }
    }

    void answered(SimulatedRequest request, int answers, Admission admission, long waited) {
        if (answers != 1) {
            broken("a request was answered " + answers + " times");
        }
        long most = request.function.limits().queueTimeout().toNanos() + lateNanos;
        if (waited > most) {
            broken("a request waited " + Duration.ofNanos(waited));
        }
        if (admission instanceof Admission.Refused refused && failedThoughOthersServe(request.function, refused)) {
            broken("a request was failed by a start though others serve or are on their way");
        }
        if (admission instanceof Admission.Refused refused && couldHaveBeenServed(request.function, refused)) {
            broken("a request was given up though more instances were allowed, and starts succeed");
        }
    }

    private static boolean failedThoughOthersServe(SimulatedFunction function, Admission.Refused refused) {
        return refused.problem().code() == ErrorCode.FUNCTION_START_FAILED
                && function.live.stream()
                        .anyMatch(each -> each.instance.state instanceof InstanceState.Serving
                                || each.instance.state instanceof InstanceState.Starting);
    }

    private static boolean couldHaveBeenServed(SimulatedFunction function, Admission.Refused refused) {
        return refused.problem().message().contains("became free within")
                && function.habits.startFails() == 0
                && function.habits.crashes() == 0
                && function.live.stream()
                        .noneMatch(each -> !each.instance.state.word().equals("draining")
                                && each.instance.state instanceof InstanceState.Starting)
                && function.live.stream()
                                .filter(each -> !(each.instance.state instanceof InstanceState.Draining))
                                .count()
                        < function.limits().maxInstances();
    }

    void inOrder(SimulatedRequest request) {
        var last = request.function.lastGranted.put(request.client, request.order);
        if (last != null && last > request.order) {
            broken("a later request of the same client was served first");
        }
    }

    /** Nothing is left. */
    void end() {
        for (var function : simulation.functions) {
            if (function.answered != function.requests || function.waiting != 0) {
                broken(function.requests + " requests and " + function.answered + " answers");
            }
            int kept = Math.min(function.limits().minInstances(), (int) function.starts);
            if (function.live.size() != kept) {
                broken(function.live.size() + " instances are left (expected: " + kept + ")");
            }
        }
    }
}
