package dev.mayfly.control.explain;

import dev.mayfly.engine.Decision;
import dev.mayfly.engine.SplitChoice;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Share;
import java.util.ArrayList;
import java.util.stream.Collectors;

/** A decision as one sentence. What was done says how it is told; why, each reason says by itself, so that a new one needs nothing here. */
public final class DecisionWords {
    /** Whoever waited less did not notice. */
    private static final long AT_ONCE_MICROS = 1000;

    private DecisionWords() {}

    /** With what was known then in brackets. */
    public static String of(Decision decision) {
        var grounds = grounds(decision.inputs());
        return what(decision) + ": " + why(decision) + (grounds.isEmpty() ? "" : " (" + grounds + ")");
    }

    /** The same in the story of {@code request}, which is not named again and again. */
    static String in(InvocationId request, Decision decision) {
        return of(decision).replace("Request " + request + " ", "It ").replace("for request " + request, "for it");
    }

    static boolean atOnce(Decision decision) {
        return decision.inputs().waitedMicros() < AT_ONCE_MICROS;
    }

    private static String what(Decision decision) {
        var request = decision.invocation().map(InvocationId::toString).orElse("");
        var instance = decision.instance().map(InstanceId::value).orElse("");
        long waited = decision.inputs().waitedMicros();
        return switch (decision.kind()) {
            case SPLIT -> "Request " + request + " was led to deployment " + decision.deployment();
            case REUSE ->
                "Request " + request + " got a slot of instance " + instance
                        + (atOnce(decision) ? " at once" : " after " + Spans.micros(waited));
            case QUEUE -> "Request " + request + " had to wait";
            case START ->
                "Instance " + instance + " was started" + (request.isEmpty() ? "" : " for request " + request);
            case THROTTLE ->
                request.isEmpty()
                        ? "No further instance was started"
                        : "Request " + request + " had to wait, and no instance was started for it";
            case REJECT ->
                "Request " + request + " was refused" + (atOnce(decision) ? "" : " after " + Spans.micros(waited));
            case RETRY -> "Request " + request + " was tried again";
            case EVICT -> "Instance " + instance + " was ended";
            case DRAIN -> "Instance " + instance + " was let go";
        };
    }

    private static String why(Decision decision) {
        return decision.reason().words()
                + decision.split().map(DecisionWords::seats).orElse("");
    }

    private static String seats(SplitChoice choice) {
        var weights = Share.proportions(choice.alias().shares()).stream()
                .map(share -> share.deployment() + " has " + share.weight())
                .collect(Collectors.joining(", "));
        return "; of " + Spans.count(choice.seats(), "seat") + " of "
                + choice.alias().name() + ", " + weights + "; it got seat " + (choice.seat() + 1) + ", because "
                + choice.by().words();
    }

    private static String grounds(Decision.Inputs inputs) {
        var grounds = new ArrayList<String>();
        if (inputs.waiting() > 0) {
            grounds.add(Spans.count(inputs.waiting(), "request") + " in the queue");
        }
        if (inputs.running() > 0) {
            grounds.add(inputs.running() + " running");
        }
        grounds.add(Spans.count(inputs.serving(), "instance"));
        if (inputs.starting() > 0) {
            grounds.add(inputs.starting() + " starting");
        }
        if (inputs.coldStartMicros() > 0) {
            grounds.add("a start takes " + Spans.micros(inputs.coldStartMicros()));
        }
        if (inputs.serviceMicros() > 0) {
            grounds.add("a request takes " + Spans.micros(inputs.serviceMicros()));
        }
        return String.join(", ", grounds);
    }
}
