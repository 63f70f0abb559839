package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was decided lately for one function, and on what grounds. Several rings, so that many requests do not push out why there are so many
 * instances, nor those that found a free slot why others waited. The pool's, under its lock.
 */
final class Journal {
    private final Target target;
    private final Ticker ticker;
    private final ProjectFunction name;
    private final Activity activity;
    private final Experience experience;
    private final RequestQueue queue;
    private final Fleet fleet;
    private final DecisionRing served = new DecisionRing(DecisionRing.FEW);
    private final DecisionRing waits = new DecisionRing();
    private final DecisionRing refusals = new DecisionRing();
    private final DecisionRing instances = new DecisionRing();
    private @Nullable Splits splits;
    private @Nullable Reason held;
    private Reason latest = Reason.FREE_SLOT;

    Journal(Target target, Ticker ticker, Activity activity, Experience experience, RequestQueue queue, Fleet fleet) {
        this.target = target;
        this.ticker = ticker;
        this.name = ProjectFunction.of(target);
        this.activity = activity;
        this.experience = experience;
        this.queue = queue;
        this.fleet = fleet;
    }

    /** What was decided about a request before it came here. */
    void asked(Invocation invocation, long now) {
        var request = invocation.request;
        if (request.repeats() != null) {
            add(waits, Reason.SECOND_ATTEMPT, invocation.id.value(), 0, now, 0);
        } else if (request.split() != null) {
            if (splits == null) {
                splits = new Splits();
            }
            splits.add(new Splits.Note(now, invocation.id.value(), request.split(), inputs()));
        }
    }

    /** That a request is not let in. */
    void refused(Reason reason, InvocationId invocation, long now) {
        add(refusals, reason, invocation.value(), 0, now, 0);
    }

    /** Of a request. */
    void note(Reason reason, Invocation invocation, @Nullable Instance instance, long now) {
        long number = instance == null ? 0 : instance.number;
        add(ringOf(reason), reason, invocation.id.value(), number, now, (now - invocation.acceptedNanos) / 1000);
    }

    /** That a request waits. */
    void queued(Reason reason, Invocation invocation, long now) {
        var why = reason.kind() == Reason.Kind.START ? Reason.INSTANCE_ON_ITS_WAY : reason;
        add(waits, why, invocation.id.value(), 0, now, 0);
    }

    /** Of an instance. */
    void note(Reason reason, Instance instance, long now) {
        long cause = instance.cause == null ? 0 : instance.cause.value();
        if (reason.kind() == Reason.Kind.START) {
            instance.startedFor = reason;
        }
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
            case REUSE -> reason == Reason.FREE_SLOT ? served : waits;
            case QUEUE -> waits;
            case REJECT, RETRY, SPLIT -> refusals;
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
        activity.decided(name, reason);
    }

    /** What is known now. */
    Decision.Inputs inputs() {
        return new Decision.Inputs(
                queue.size(),
                fleet.active(),
                fleet.serving(),
                fleet.starting(),
                experience.coldStart() / 1000,
                experience.service() / 1000,
                queue.longestWait(ticker.nanos()) / 1000);
    }

    FunctionState state() {
        var startedFor = new EnumMap<Reason, Integer>(Reason.class);
        fleet.all().forEach(each -> startedFor.merge(each.startedFor, 1, Integer::sum));
        long forgotten = served.forgotten() + waits.forgotten() + refusals.forgotten() + instances.forgotten();
        return new FunctionState(
                target.deployment().project(),
                target.deployment().id(),
                target.function().name(),
                inputs(),
                fleet.floor(),
                startedFor,
                queue.isEmpty() ? Optional.empty() : Optional.of(latest),
                forgotten + (splits == null ? 0 : splits.forgotten()));
    }

    /**
     * Oldest first.
     *
     * @param only of this request; 0: of all
     */
    List<Decision> read(long only) {
        long nanos = ticker.nanos();
        long millis = ticker.millis();
        var found = new ArrayList<Entry>();
        if (splits != null) {
            for (var note : splits.notes()) {
                if (only == 0 || note.invocation() == only) {
                    var at = millis - (nanos - note.at()) / 1_000_000;
                    found.add(new Entry(
                            note.at(),
                            decision(
                                    at,
                                    Reason.LED_BY_WEIGHT,
                                    note.invocation(),
                                    0,
                                    note.inputs(),
                                    Optional.of(note.choice()))));
                }
            }
        }
        DecisionRing.Reader reader = (at, reason, invocation, instance, inputs) -> found.add(new Entry(
                at,
                decision(millis - (nanos - at) / 1_000_000, reason, invocation, instance, inputs, Optional.empty())));
        waits.each(only, reader);
        served.each(only, reader);
        refusals.each(only, reader);
        instances.each(only, reader);
        found.sort(Comparator.comparingLong(Entry::nanos));
        return found.stream().map(Entry::decision).toList();
    }

    private record Entry(long nanos, Decision decision) {}

    private Decision decision(
            long at,
            Reason reason,
            long invocation,
            long instance,
            Decision.Inputs inputs,
            Optional<SplitChoice> split) {
        return new Decision(
                at,
                target.deployment().project(),
                target.deployment().id(),
                target.function().name(),
                reason,
                invocation == 0 ? Optional.empty() : Optional.of(new InvocationId(invocation)),
                instance == 0 ? Optional.empty() : Optional.of(Instance.idOf(target, instance)),
                inputs,
                split);
    }
}
