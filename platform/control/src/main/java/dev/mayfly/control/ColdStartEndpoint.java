package dev.mayfly.control;

import dev.mayfly.control.coldstart.Advice;
import dev.mayfly.control.coldstart.ColdStartReport;
import dev.mayfly.control.coldstart.ColdStartTally;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Scope;
import dev.mayfly.store.UsageLedger;
import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a project's cold starts were like and what would help (docs/coldstarts.md). */
record ColdStartEndpoint(Projects projects, UsageLedger ledger, Clock clock) {
    /** Calls that are looked at, newest first: so many keep the one thread that reads the store busy for 0.2 to 0.7 s. */
    static final int MOST_CALLS = 20_000;

    Endpoint endpoint() {
        return new Endpoint(
                "GET", "/projects/{p}/coldstarts", Scope.READ, Set.of("function", "since", "until"), this::report);
    }

    private Answer report(Call call) {
        var project = projects.one(call);
        var since = call.time("since").orElse(null);
        var until = call.time("until").orElseGet(clock::instant);
        var filter = new UsageLedger.Filter(
                project.name(), call.functionName("function").orElse(null), since, until);
        var tally = new ColdStartTally();
        ledger.coldStarts(filter, MOST_CALLS, tally::add);
        var report = tally.report();
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("project", project.name().value());
        view.put("since", since == null ? null : since.toEpochMilli());
        view.put("until", until.toEpochMilli());
        view.put("calls", report.calls());
        view.put("failed", report.failed());
        view.put("unknown", report.unknown());
        view.put("complete", report.calls() < MOST_CALLS);
        view.put("rungs", report.rungs().stream().map(ColdStartEndpoint::rung).toList());
        view.put(
                "imports",
                report.imports().stream().map(ColdStartEndpoint::slowImport).toList());
        view.put(
                "reasons",
                report.reasons().stream().map(ColdStartEndpoint::reason).toList());
        view.put(
                "advice",
                Advice.of(report, invocations(filter)).stream()
                        .map(ColdStartEndpoint::advice)
                        .toList());
        return Answer.json(view);
    }

    private Map<FunctionName, Long> invocations(UsageLedger.Filter filter) {
        var invocations = new HashMap<FunctionName, Long>();
        ledger.sums(filter).forEach(sum -> invocations.merge(sum.function(), sum.invocations(), Long::sum));
        return invocations;
    }

    private static Map<String, Object> rung(ColdStartReport.Rung rung) {
        var view = new LinkedHashMap<String, Object>();
        view.put("function", rung.function().value());
        view.put("rung", rung.rung());
        view.put("starts", rung.starts());
        view.put("calls", rung.calls());
        view.put("p50Micros", rung.p50Micros());
        view.put("p99Micros", rung.p99Micros());
        view.put("maxMicros", rung.maxMicros());
        view.put("queueMicros", rung.queueMicros());
        view.put("steps", rung.steps().stream().map(Views::step).toList());
        view.put("handlerMicros", rung.handlerMicros());
        return view;
    }

    private static Map<String, Object> slowImport(ColdStartReport.SlowImport slow) {
        var view = new LinkedHashMap<String, Object>();
        view.put("function", slow.function().value());
        view.put("module", slow.module());
        view.put("starts", slow.starts());
        view.put("meanMicros", slow.meanMicros());
        view.put("maxMicros", slow.maxMicros());
        return view;
    }

    private static Map<String, Object> reason(ColdStartReport.Reason reason) {
        var view = new LinkedHashMap<String, Object>();
        view.put("function", reason.function().value());
        view.put("rung", reason.rung());
        view.put("why", reason.why());
        view.put("starts", reason.starts());
        return view;
    }

    private static Map<String, @Nullable Object> advice(Advice advice) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("function", advice.function().map(FunctionName::value).orElse(null));
        view.put("about", advice.about());
        view.put("text", advice.text());
        view.put("fix", advice.fix());
        return view;
    }
}
