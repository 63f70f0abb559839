package dev.mayfly.control.explain;

import dev.mayfly.engine.Decision;
import dev.mayfly.engine.FunctionState;
import dev.mayfly.engine.Reason;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a function is doing now, and why it has as many instances as it has. */
public record FunctionStory(AutomaticList automatic) {

    /** @param state empty: it was not called since the server started */
    public List<String> of(Deployment deployment, Function function, Optional<FunctionState> state) {
        var story = new ArrayList<String>();
        if (state.isEmpty()) {
            story.add("It has no instance, because nothing has called it since the server started.");
            story.add(kept(deployment, function));
            return story;
        }
        var now = state.get().now();
        story.add(present(now));
        int instances = state.get().startedFor().values().stream()
                .mapToInt(each -> each)
                .sum();
        if (instances == 0) {
            story.add("None is needed: nothing waits, and an instance that has nothing to do goes after "
                    + said("idleTimeout", deployment, function) + ".");
            story.add(kept(deployment, function));
        } else {
            story.add("Why " + instances + ": " + starts(state.get().startedFor()) + ".");
            story.add("Why not fewer: one that has nothing to do goes after "
                    + said("idleTimeout", deployment, function) + "; " + said("minInstances", deployment, function)
                    + (state.get().kept() > 0 ? " stay." : "."));
        }
        story.add("Why not more: "
                + state.get()
                        .held()
                        .map(why -> why.words() + " (" + said(why.setting(), deployment, function) + ").")
                        .orElse("nothing waits."));
        if (state.get().forgotten() > 0) {
            story.add(forgotten(state.get().forgotten()));
        }
        return story;
    }

    /** What was decided and is no longer known. */
    public static String forgotten(long count) {
        return Spans.count(count, "older decision") + " of it " + (count == 1 ? "is" : "are")
                + " no longer kept: of each sort the last few are.";
    }

    private static String present(Decision.Inputs now) {
        return "Now: "
                + Spans.count(now.serving(), "instance")
                + (now.starting() > 0 ? " and " + now.starting() + " starting" : "")
                + ", "
                + Spans.count(now.running(), "request")
                + " running, "
                + now.waiting()
                + " in the queue"
                + (now.waiting() > 0 ? " (the first for " + Spans.micros(now.waitedMicros()) + ")" : "")
                + (now.serviceMicros() > 0 ? "; a request takes " + Spans.micros(now.serviceMicros()) : "")
                + (now.coldStartMicros() > 0 ? "; a start takes " + Spans.micros(now.coldStartMicros()) : "")
                + ".";
    }

    private static String starts(Map<Reason, Integer> startedFor) {
        return startedFor.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(each -> each.getValue() + " started, because " + clause(each.getKey()))
                .collect(Collectors.joining("; "));
    }

    private static String clause(Reason reason) {
        return reason == Reason.NO_INSTANCE ? "a request came and there was none" : reason.words();
    }

    private String kept(Deployment deployment, Function function) {
        return "To have some before anybody calls: " + said("minInstances", deployment, function) + ".";
    }

    /** A setting with what it is: {@code maxInstances 20, the default}. */
    public String said(String setting, Deployment deployment, Function function) {
        return automatic
                .value(setting, deployment, function)
                .map(own -> setting + " " + own.value() + ", "
                        + (own.from().equals(Automatic.DEFAULT) ? "the default" : "from " + own.from()))
                .orElseGet(() -> AutomaticList.BEYOND.getOrDefault(setting, setting));
    }
}
