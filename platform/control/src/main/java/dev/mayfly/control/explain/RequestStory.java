package dev.mayfly.control.explain;

import dev.mayfly.engine.Decision;
import dev.mayfly.engine.Reason.Kind;
import dev.mayfly.gateway.observe.EdgeAnswer;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.UsageRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What became of one request, as it is told.
 *
 * @param id of it
 * @param usage what it cost; empty: nothing of it ran, or it has not ended
 * @param answer the error that it was answered with, as far as that is still known
 * @param decisions oldest first, as far as they are kept
 * @param said what the platform wrote into its log
 * @param deployment that it came to, where there is one still
 */
public record RequestStory(
        InvocationId id,
        Optional<UsageRecord> usage,
        Optional<EdgeAnswer> answer,
        List<Decision> decisions,
        List<LogLine> said,
        Optional<Deployment> deployment) {

    public boolean known() {
        return usage.isPresent() || answer.isPresent() || !decisions.isEmpty() || !said.isEmpty();
    }

    public Optional<FunctionName> function() {
        return usage.map(UsageRecord::function)
                .or(() -> decisions.stream().map(Decision::function).findFirst())
                .or(() -> answer.flatMap(each -> Optional.ofNullable(each.function())))
                .or(() -> said.stream().map(LogLine::function).findFirst());
    }

    public List<String> sentences(FunctionStory settings) {
        var story = new ArrayList<String>();
        usage.ifPresent(each -> story.add(took(each)));
        answer.ifPresent(each -> story.add(answered(each)));
        if (usage.isEmpty() && answer.isEmpty()) {
            if (said.isEmpty()) {
                story.add("It has not ended yet, or its client left.");
            } else {
                story.add("Its log says: " + said.getLast().text());
            }
        } else if (usage.filter(each -> each.outcome() != Outcome.OK).isPresent()
                && answer.isEmpty()
                && !said.isEmpty()) {
            story.add("Its log says: " + said.getLast().text());
        }
        usage.filter(UsageRecord::cold).ifPresent(each -> story.add(cold(each)));
        for (var decision : decisions) {
            story.add(DecisionWords.in(id, decision) + "." + overruled(decision, settings));
        }
        if (decisions.isEmpty()) {
            story.add(nothingKept());
        }
        return story;
    }

    private static String took(UsageRecord usage) {
        var total = usage.queueMicros() + usage.initMicros() + usage.runMicros();
        var waited = new ArrayList<String>();
        if (usage.queueMicros() > 0) {
            waited.add(Spans.micros(usage.queueMicros()) + " in the queue");
        }
        if (usage.initMicros() > 0) {
            waited.add(Spans.micros(usage.initMicros()) + " for an instance to start");
        }
        waited.add(Spans.micros(usage.runMicros()) + " running");
        var end = switch (usage.outcome()) {
            case OK -> "was answered with " + usage.status();
            case FAILED -> "failed with " + usage.status();
            case TIMEOUT -> "ran out of time, with " + usage.status();
            case DISCONNECTED -> "was left by its client";
        };
        return "It " + end + " after " + Spans.micros(total) + ": " + String.join(", ", waited) + ", on instance "
                + usage.instance() + ", which was " + (usage.cold() ? "cold." : "warm.");
    }

    private static String answered(EdgeAnswer answer) {
        var asked = answer.method() == null ? "" : answer.method() + " " + answer.host() + answer.path() + " ";
        var problem = answer.problem();
        return "The platform answered " + asked + "with " + problem.code().status() + " "
                + problem.code().code() + ": " + problem.message()
                + (problem.fix().isEmpty() ? "" : " What to do: " + problem.fix());
    }

    private static String cold(UsageRecord usage) {
        var start = usage.start();
        if (!start.known()) {
            return "It was cold: no instance had a slot, and it waited for one to start; from where it started is not recorded.";
        }
        return "It was cold: no instance had a slot, and it waited for one to start " + start.inWords()
                + (start.why().isEmpty() ? "." : "; no faster, because " + start.why());
    }

    private String overruled(Decision decision, FunctionStory settings) {
        if (decision.kind() == Kind.REUSE && DecisionWords.atOnce(decision)) {
            return "";
        }
        var setting = decision.reason().setting();
        if (AutomaticList.BEYOND.containsKey(setting)) {
            return " Nothing overrules that: " + AutomaticList.BEYOND.get(setting) + ".";
        }
        return " What overrules it: "
                + deployment
                        .flatMap(of ->
                                of.function(decision.function()).map(function -> said(settings, setting, of, function)))
                        .orElse(setting)
                + ".";
    }

    private static String said(FunctionStory settings, String setting, Deployment of, Function function) {
        return settings.said(setting, of, function);
    }

    private String nothingKept() {
        if (answer.isPresent() && usage.isEmpty()) {
            return "It came to no function: nothing else was decided about it.";
        }
        return "What was decided about it is no longer kept: in memory there are the last few decisions of each sort of each"
                + " function, and none from before the server started.";
    }
}
