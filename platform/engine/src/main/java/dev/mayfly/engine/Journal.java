package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was decided lately for one function, and on what grounds. Three rings, so that many requests do not push out why there are so many
 * instances. The pool's, under its lock.
 */
final class Journal {
    private final Target target;
    private final Experience experience;
    private final RequestQueue queue;
    private final Fleet fleet;
    private final DecisionRing requests = new DecisionRing();
    private final DecisionRing refusals = new DecisionRing();
    private final DecisionRing instances = new DecisionRing();
    private @Nullable Reason held;
    private Reason latest = Reason.FREE_SLOT;

    Journal(Target target, Experience experience, RequestQueue queue, Fleet fleet) {
        this.target = target;
        this.experience = experience;
        this.queue = queue;
        this.fleet = fleet;
    }

    /** Of a request. */
    void note(Reason reason, Invocation invocation, @Nullable Instance instance, long now) {
        long number = instance == null ? 0 : instance.number;
        add(ringOf(reason), reason, invocation.id.value(), number, now, (now - invocation.acceptedNanos) / 1000);
    }

    /** That a request waits. */
    void queued(Reason reason, Invocation invocation, long now) {
        var why = reason.kind() == Reason.Kind.START ? Reason.INSTANCE_ON_ITS_WAY : reason;
        add(requests, why, invocation.id.value(), 0, now, 0);
    }

    /** Of an instance. */
    void note(Reason reason, Instance instance, long now) {
        long cause = instance.cause == null ? 0 : instance.cause.value();
        add(ringOf(reason), reason, cause, instance.number, now, 0);
    }

    /** Of the function as a whole. */
    void note(Reason reason, long now) {
        add(ringOf(reason), reason, 0, 0, now, 0);
    }

    /** That no further instance is started. It is decided again with each event, and told once until something else is. */
    void hold(Reason reason, long now) {
        if (held != reason) {
            held = reason;
            add(instances, reason, 0, 0, now, 0);
        }
    }

    /** Why there is not one more instance, or that one is started: as decided last. */
    void decided(Reason reason) {
        latest = reason;
    }

    Reason latest() {
        return latest;
    }

    void holdsNoMore() {
        held = null;
    }

    private DecisionRing ringOf(Reason reason) {
        return switch (reason.kind()) {
            case REUSE, QUEUE -> requests;
            case REJECT, RETRY -> refusals;
            case START, DRAIN, EVICT, THROTTLE -> instances;
        };
    }

    private void add(DecisionRing ring, Reason reason, long invocation, long instance, long now, long waitedMicros) {
        ring.add(
                now,
                reason,
                invocation,
                instance,
                queue.size(),
                fleet.active(),
                fleet.serving(),
                fleet.starting(),
                experience.coldStart() / 1000,
                experience.service() / 1000,
                waitedMicros);
    }

    /**
     * Oldest first.
     *
     * @param only of this request; 0: of all
     */
    List<Decision> read(Ticker ticker, long only) {
        long nanos = ticker.nanos();
        long millis = ticker.millis();
        var found = new ArrayList<Decision>();
        DecisionRing.Reader reader = (at, reason, invocation, instance, inputs) -> found.add(new Decision(
                millis - (nanos - at) / 1_000_000,
                target.deployment().project(),
                target.deployment().id(),
                target.function().name(),
                reason,
                invocation == 0 ? Optional.empty() : Optional.of(new InvocationId(invocation)),
                instance == 0 ? Optional.empty() : Optional.of(Instance.idOf(target, instance)),
                inputs));
        requests.each(only, reader);
        refusals.each(only, reader);
        instances.each(only, reader);
        found.sort(Comparator.comparingLong(Decision::at));
        return found;
    }
}
