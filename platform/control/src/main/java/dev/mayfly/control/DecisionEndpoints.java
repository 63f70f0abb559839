package dev.mayfly.control;

import dev.mayfly.control.explain.Automatic;
import dev.mayfly.control.explain.AutomaticList;
import dev.mayfly.control.explain.DecisionWords;
import dev.mayfly.control.explain.FunctionStory;
import dev.mayfly.control.explain.RequestStory;
import dev.mayfly.engine.Decision;
import dev.mayfly.engine.Engine;
import dev.mayfly.engine.FunctionState;
import dev.mayfly.engine.SplitChoice;
import dev.mayfly.gateway.observe.EdgeAnswer;
import dev.mayfly.gateway.observe.RecentAnswers;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Logs;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.UsageLedger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the platform decided by itself and why, and what overrules it (docs/explain.md). */
record DecisionEndpoints(
        Projects projects,
        Engine engine,
        UsageLedger ledger,
        Logs logs,
        PriceFile prices,
        RecentAnswers answers,
        AutomaticList automatic) {
    private static final int USUAL = 100;
    private static final int MOST = 1000;
    /** The platform says little of one request. */
    private static final int LINES = 100;

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(
                        "GET",
                        "/projects/{p}/decisions",
                        Scope.READ,
                        Set.of("function", "deployment", "request", "since", "limit"),
                        this::ofProject),
                new Endpoint("GET", "/invocations/{id}/decisions", Scope.READ, Set.of(), this::ofRequest),
                new Endpoint("GET", "/automatic", Scope.READ, Set.of("project"), this::automatic));
    }

    private Answer ofProject(Call call) {
        var project = projects.one(call);
        var function = call.functionName("function");
        var deployment = call.deploymentId("deployment")
                .map(id -> projects.deployment(project, id).id());
        function.ifPresent(name -> requireFunction(project, name));
        var request = call.invocationId("request");
        long since = call.time("since").map(time -> time.toEpochMilli()).orElse(0L);
        int limit = call.number("limit", 1, MOST).map(Long::intValue).orElse(USUAL);
        var all = engine.decisions(project.name()).stream()
                .filter(each -> function.isEmpty() || function.get().equals(each.function()))
                .filter(each -> deployment.isEmpty() || deployment.get().equals(each.deployment()))
                .filter(each -> request.isEmpty() || request.equals(each.invocation()))
                .filter(each -> each.at() >= since)
                .toList();
        var shown = all.subList(Math.max(0, all.size() - limit), all.size());
        var view = new LinkedHashMap<String, Object>();
        view.put("project", project.name().value());
        view.put("functions", functions(project, function, deployment));
        view.put(
                "decisions", shown.stream().map(each -> decision(each, project)).toList());
        view.put("leftOut", all.size() - shown.size());
        return Answer.json(view);
    }

    private static void requireFunction(Snapshot.Project project, FunctionName name) {
        if (project.deployments().values().stream()
                .noneMatch(each -> each.function(name).isPresent())) {
            throw new Problem(
                            ErrorCode.NOT_FOUND,
                            "there is no function " + name + " in " + project.name(),
                            "mayfly inspect " + project.name())
                    .asException();
        }
    }

    /** Those that were called, whatever led there, and those of production that were not. */
    private List<Map<String, @Nullable Object>> functions(
            Snapshot.Project project, Optional<FunctionName> only, Optional<DeploymentId> of) {
        var states = engine.functions(project.name());
        var views = new ArrayList<Map<String, @Nullable Object>>();
        for (var deployment : project.deployments().values()) {
            boolean production = project.production().filter(deployment::equals).isPresent();
            for (var function : deployment.functions()) {
                var state = states.stream()
                        .filter(each -> each.deployment().equals(deployment.id())
                                && each.function().equals(function.name()))
                        .findFirst();
                boolean wanted = only.isEmpty() || only.get().equals(function.name());
                boolean here = of.map(deployment.id()::equals).orElse(production || state.isPresent());
                if (wanted && here) {
                    views.add(function(project, deployment, function, state));
                }
            }
        }
        return views;
    }

    private Map<String, @Nullable Object> function(
            Snapshot.Project project, Deployment deployment, Function function, Optional<FunctionState> state) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("function", function.name().value());
        view.put("deployment", deployment.id().value());
        view.put(
                "aliases",
                project.aliasesOf(deployment.id()).stream()
                        .map(alias -> alias.name().value())
                        .toList());
        view.put("called", state.isPresent());
        view.put(
                "now", inputs(state.map(FunctionState::now).orElseGet(() -> new Decision.Inputs(0, 0, 0, 0, 0, 0, 0))));
        var startedFor = new LinkedHashMap<String, Object>();
        state.ifPresent(each -> each.startedFor().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(why -> startedFor.put(Views.lower(why.getKey()), why.getValue())));
        view.put("startedFor", startedFor);
        view.put("held", state.flatMap(FunctionState::held).map(Views::lower).orElse(null));
        view.put("forgotten", state.map(FunctionState::forgotten).orElse(0L));
        view.put("story", new FunctionStory(automatic).of(deployment, function, state));
        return view;
    }

    private Answer ofRequest(Call call) {
        var id = Call.parsed("invocation", call.inPath("id"), InvocationId::parse);
        var usage = ledger.find(id);
        var answer = answers.of(id);
        var decisions = engine.decisions(id);
        var mine = mine(call, id, usage, answer, decisions);
        logs.flush();
        var said = new ArrayList<LogLine>();
        for (var project : mine) {
            logs.read(new Logs.Filter(project.name(), null, null, id, null), 0, LINES, true).lines().stream()
                    .map(Logs.Entry::line)
                    .filter(line -> line.stream() == LogLine.Stream.PLATFORM)
                    .forEach(said::add);
        }
        var name = usage.map(UsageRecord::project)
                .or(() -> decisions.stream().map(Decision::project).findFirst())
                .or(() -> answer.flatMap(each -> Optional.ofNullable(each.project())))
                .or(() -> said.stream().map(LogLine::project).findFirst());
        var project = name.flatMap(wanted ->
                mine.stream().filter(each -> each.name().equals(wanted)).findFirst());
        var deployment = usage.map(UsageRecord::deployment)
                .or(() -> decisions.stream().map(Decision::deployment).findFirst())
                .or(() -> answer.flatMap(each -> Optional.ofNullable(each.deployment())))
                .or(() -> said.stream().map(LogLine::deployment).findFirst())
                .flatMap(wanted -> project.map(each -> each.deployments().get(wanted)));
        var story = new RequestStory(id, usage, answer, decisions, said, deployment);
        if (!story.known()) {
            throw unknown(id);
        }
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("id", id.toString());
        view.put("project", name.map(ProjectName::value).orElse(null));
        view.put("function", story.function().map(FunctionName::value).orElse(null));
        view.put("story", story.sentences(new FunctionStory(automatic)));
        view.put(
                "record",
                usage.map(each -> Views.record(each, prices.read().of(each))).orElse(null));
        view.put("answer", answer.map(DecisionEndpoints::answer).orElse(null));
        view.put("log", said.stream().map(LogLine::text).toList());
        view.put(
                "decisions",
                decisions.stream()
                        .map(each -> project.map(of -> decision(each, of)).orElseGet(Map::of))
                        .toList());
        return Answer.json(view);
    }

    /** The projects of the caller that it may be of. What is another team's is not known to it. */
    private List<Snapshot.Project> mine(
            Call call,
            InvocationId id,
            Optional<UsageRecord> usage,
            Optional<EdgeAnswer> answer,
            List<Decision> decisions) {
        var all = projects.all(call);
        var whose = usage.map(UsageRecord::project)
                .or(() -> decisions.stream().map(Decision::project).findFirst())
                .or(() -> answer.flatMap(each -> Optional.ofNullable(each.project())));
        if (whose.isPresent()) {
            var found =
                    all.stream().filter(each -> each.name().equals(whose.get())).toList();
            // Records stay when a project goes; nobody else's may be shown in their place.
            if (found.isEmpty() && !projects.seesAll(call.principal())) {
                throw unknown(id);
            }
            return found;
        }
        if (answer.isPresent() && !projects.seesAll(call.principal())) {
            throw unknown(id);
        }
        return answer.isPresent() ? List.of() : all;
    }

    private static ProblemException unknown(InvocationId id) {
        return new Problem(
                        ErrorCode.NOT_FOUND,
                        "nothing is known of a request " + id,
                        "mayfly logs shows the ids of requests; of errors that came to no function the last "
                                + RecentAnswers.MOST + " are known")
                .asException();
    }

    private Map<String, @Nullable Object> decision(Decision decision, Snapshot.Project project) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("at", decision.at());
        view.put("kind", Views.lower(decision.kind()));
        view.put("reason", Views.lower(decision.reason()));
        view.put("text", DecisionWords.of(decision));
        view.put("deployment", decision.deployment().value());
        view.put("function", decision.function().value());
        view.put("request", decision.invocation().map(InvocationId::toString).orElse(null));
        view.put("instance", decision.instance().map(each -> each.value()).orElse(null));
        view.put("inputs", inputs(decision.inputs()));
        view.put("setting", setting(decision, project));
        view.put("split", decision.split().map(DecisionEndpoints::split).orElse(null));
        return view;
    }

    private Map<String, @Nullable Object> setting(Decision decision, Snapshot.Project project) {
        var name = decision.reason().setting();
        var value = Optional.ofNullable(project.deployments().get(decision.deployment()))
                .flatMap(deployment -> deployment
                        .function(decision.function())
                        .flatMap(function -> automatic.value(name, deployment, function)));
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("key", name);
        view.put("overrules", !AutomaticList.BEYOND.containsKey(name));
        view.put("value", value.map(each -> each.value()).orElse(null));
        view.put("from", value.map(each -> each.from()).orElse(null));
        return view;
    }

    private static Map<String, Object> inputs(Decision.Inputs inputs) {
        var view = new LinkedHashMap<String, Object>();
        view.put("waiting", inputs.waiting());
        view.put("running", inputs.running());
        view.put("instances", inputs.serving());
        view.put("starting", inputs.starting());
        view.put("coldStartMicros", inputs.coldStartMicros());
        view.put("serviceMicros", inputs.serviceMicros());
        view.put("waitedMicros", inputs.waitedMicros());
        return view;
    }

    private static Map<String, Object> split(SplitChoice choice) {
        var view = new LinkedHashMap<String, Object>();
        view.put("alias", choice.alias().name().value());
        view.put("sticky", choice.alias().stickiness().toString());
        view.put("by", Views.lower(choice.by()));
        view.put("seat", choice.seat());
        view.put("seats", choice.seats());
        view.put(
                "weights",
                choice.alias().shares().stream()
                        .map(share -> new Weight(share.deployment().value(), share.weight()))
                        .toList());
        return view;
    }

    private static Map<String, @Nullable Object> answer(EdgeAnswer answer) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("at", answer.atMillis());
        view.put("status", answer.problem().code().status());
        view.put("code", answer.problem().code().code());
        view.put("message", answer.problem().message());
        view.put("fix", answer.problem().fix());
        view.put("method", answer.method());
        view.put("host", answer.host());
        view.put("path", answer.path());
        return view;
    }

    private Answer automatic(Call call) {
        var list = call.text("project")
                .map(name -> automatic.of(projects.named(call, Call.parsed("project", name, ProjectName::new))))
                .orElseGet(automatic::all);
        return Answer.json(Map.of(
                "automatic", list.stream().map(DecisionEndpoints::automatic).toList()));
    }

    private static Map<String, Object> automatic(Automatic each) {
        var view = new LinkedHashMap<String, Object>();
        view.put("key", each.key());
        view.put("place", Views.lower(each.place()));
        view.put("where", each.place().words());
        view.put("variable", each.variable());
        view.put("decides", each.decides());
        view.put("value", each.value());
        view.put("from", each.from());
        view.put("own", each.own());
        return view;
    }

    private record Weight(String id, int weight) {}
}
