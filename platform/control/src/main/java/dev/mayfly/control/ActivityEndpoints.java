package dev.mayfly.control;

import dev.mayfly.control.activity.InstanceLooks;
import dev.mayfly.control.activity.InstanceLooks.Use;
import dev.mayfly.engine.Engine;
import dev.mayfly.engine.InstanceView;
import dev.mayfly.engine.ProjectFunction;
import dev.mayfly.engine.Recent;
import dev.mayfly.engine.RecentErrors;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.UsageLedger;
import java.time.Clock;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What functions do now, for {@code mayfly top}, and the last requests. Each team sees its own projects. */
record ActivityEndpoints(
        Projects projects, Engine engine, UsageLedger ledger, PriceFile prices, InstanceLooks looks, Clock clock) {
    private static final int REQUESTS = 16;
    private static final int MOST_REQUESTS = 1000;
    private static final double HOUR_MICROS = 3_600e6;
    private static final List<String> STATES = List.of("starting", "idle", "busy", "draining");

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/activity", Scope.READ, Set.of("project"), this::all),
                new Endpoint("GET", "/projects/{p}/functions/{f}/activity", Scope.READ, Set.of(), this::one),
                new Endpoint(
                        "GET",
                        "/projects/{p}/requests",
                        Scope.READ,
                        Set.of("function", "since", "limit"),
                        this::requests));
    }

    /** Everything that is known of now, taken together so that its parts fit. */
    private record Now(
            Map<ProjectFunction, Recent> recent,
            Map<ProjectFunction, Integer> waiting,
            Map<ProjectFunction, List<InstanceView>> instances,
            Map<String, Use> uses,
            Prices prices) {}

    private Now now(Set<ProjectName> of) throws InterruptedException {
        var uses = looks.look();
        var instances = engine.instances().stream()
                .filter(instance -> of.contains(instance.project()))
                .collect(Collectors.groupingBy(each -> new ProjectFunction(each.project(), each.function())));
        return new Now(engine.activity().recent(), engine.waiting(), instances, uses, prices.read());
    }

    private Answer all(Call call) throws InterruptedException {
        var only = call.projectName("project");
        var theirs = projects.all(call).stream().map(Snapshot.Project::name).collect(Collectors.toSet());
        if (only.isPresent()) {
            if (!theirs.contains(only.get())) {
                throw new Problem(ErrorCode.PROJECT_NOT_FOUND, "there is no project " + only.get(), "mayfly ls")
                        .asException();
            }
            theirs = Set.of(only.get());
        }
        var now = now(theirs);
        var functions = new TreeMap<ProjectFunction, Map<String, @Nullable Object>>(
                Comparator.comparing(ProjectFunction::project, Comparator.comparing(ProjectName::value))
                        .thenComparing(ProjectFunction::function, Comparator.comparing(FunctionName::value)));
        for (var known : List.of(now.recent.keySet(), now.waiting.keySet(), now.instances.keySet())) {
            for (var function : known) {
                if (theirs.contains(function.project())) {
                    functions.computeIfAbsent(function, each -> row(each, now));
                }
            }
        }
        var answer = new LinkedHashMap<String, @Nullable Object>();
        answer.put("at", clock.millis());
        answer.put("complete", !engine.activity().crowded());
        answer.put("currency", now.prices.currency());
        answer.put("functions", List.copyOf(functions.values()));
        return Answer.json(answer);
    }

    private Answer one(Call call) throws InterruptedException {
        var project = projects.one(call);
        var name = Call.parsed("function", call.inPath("f"), FunctionName::new);
        boolean there = project.deployments().values().stream()
                .flatMap(deployment -> deployment.functions().stream())
                .anyMatch(function -> function.name().equals(name));
        if (!there) {
            throw new Problem(
                            ErrorCode.NOT_FOUND,
                            "there is no function " + name + " of " + project.name(),
                            "mayfly inspect " + project.name())
                    .asException();
        }
        var function = new ProjectFunction(project.name(), name);
        var now = now(Set.of(project.name()));
        var answer = new LinkedHashMap<String, @Nullable Object>();
        answer.put("at", clock.millis());
        answer.put("currency", now.prices.currency());
        answer.put("function", row(function, now));
        answer.put(
                "instances",
                now.instances.getOrDefault(function, List.of()).stream()
                        .sorted(Comparator.comparingLong(InstanceView::startedAt))
                        .map(instance -> instance(instance, now.uses))
                        .toList());
        ledger.flush();
        var last = ledger.records(new UsageLedger.Filter(project.name(), name, null, null), REQUESTS);
        answer.put("requests", views(last, now.prices));
        answer.put(
                "errors",
                engine.activity().errors(function).stream()
                        .map(ActivityEndpoints::error)
                        .toList());
        return Answer.json(answer);
    }

    private Answer requests(Call call) {
        var filter = new UsageLedger.Filter(
                projects.one(call).name(),
                call.functionName("function").orElse(null),
                call.time("since").orElse(null),
                null);
        int limit = call.number("limit", 1, MOST_REQUESTS).map(Long::intValue).orElse(REQUESTS);
        ledger.flush();
        return Answer.json(Map.of("requests", views(ledger.records(filter, limit), prices.read())));
    }

    private static List<Map<String, @Nullable Object>> views(List<UsageRecord> records, Prices prices) {
        return records.stream().map(each -> Views.record(each, prices.of(each))).toList();
    }

    private static Map<String, @Nullable Object> row(ProjectFunction function, Now now) {
        var recent = now.recent.getOrDefault(function, Recent.NOTHING);
        var instances = now.instances.getOrDefault(function, List.of());
        var use = instances.stream()
                .map(each -> now.uses.getOrDefault(each.id().value(), Use.NOTHING))
                .reduce(Use.NOTHING, Use::plus);
        double seconds = recent.windowMicros() / 1e6;
        double price = now.prices.of(recent.ended(), recent.cpuMicros(), recent.memoryByteMicros());
        var row = new LinkedHashMap<String, @Nullable Object>();
        row.put("project", function.project().value());
        row.put("function", function.function().value());
        row.put("windowMillis", recent.windowMicros() / 1000);
        row.put("requests", recent.ended());
        row.put("requestsPerSecond", recent.ended() / seconds);
        row.put("p50Micros", recent.p50Micros() == 0 ? null : recent.p50Micros());
        row.put("p99Micros", recent.p99Micros() == 0 ? null : recent.p99Micros());
        row.put("running", instances.stream().mapToInt(InstanceView::active).sum());
        row.put("queued", now.waiting.getOrDefault(function, 0));
        row.put("instances", states(instances));
        row.put("cpu", use.cpu());
        row.put("memoryBytes", use.bytes());
        row.put("errors", recent.errors());
        row.put("errorsPerSecond", recent.errors() / seconds);
        row.put("coldStarts", recent.cold());
        row.put("pricePerHour", price * HOUR_MICROS / recent.windowMicros());
        return row;
    }

    private static Map<String, Object> states(List<InstanceView> instances) {
        var states = new LinkedHashMap<String, Object>();
        for (var state : STATES) {
            states.put(
                    state,
                    instances.stream()
                            .filter(each -> each.state().equals(state))
                            .count());
        }
        return states;
    }

    private static Map<String, @Nullable Object> instance(InstanceView instance, Map<String, Use> uses) {
        var use = uses.getOrDefault(instance.id().value(), Use.NOTHING);
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("id", instance.id().value());
        view.put("deployment", instance.deployment().value());
        view.put("state", instance.state());
        view.put("active", instance.active());
        view.put("cpu", use.cpu());
        view.put("memoryBytes", use.bytes());
        view.put("startedAt", instance.startedAt());
        view.put("reason", instance.reason());
        return view;
    }

    private static Map<String, @Nullable Object> error(RecentErrors.Entry error) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("id", error.request().toString());
        view.put("at", error.at());
        view.put("status", error.status());
        view.put("text", error.text());
        return view;
    }
}
