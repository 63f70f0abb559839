package dev.mayfly.control;

import dev.mayfly.engine.InstanceView;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Scope;
import dev.mayfly.provider.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/** The server itself: facts, findings, processes, the API's own description, and its end. */
record ServerEndpoints(
        ServerFacts facts,
        Addresses addresses,
        long uploadLimit,
        Supplier<List<Provider.Finding>> findings,
        Supplier<List<Provider.PlatformProcess>> processes,
        Supplier<List<InstanceView>> instances,
        Runnable stop) {

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/server", Scope.READ, Set.of(), this::server),
                new Endpoint("POST", "/server/stop", Scope.ADMIN, Set.of(), this::stop),
                new Endpoint("GET", "/doctor", Scope.READ, Set.of(), this::doctor),
                new Endpoint("GET", "/processes", Scope.READ, Set.of(), this::processes),
                new Endpoint("GET", "/openapi.json", Scope.READ, Set.of(), this::openapi));
    }

    private Answer server(Call call) {
        var view = new LinkedHashMap<String, Object>();
        view.put("version", facts.version());
        view.put("pid", facts.pid());
        view.put("home", facts.home().toString());
        view.put("provider", facts.provider());
        view.put("isolation", facts.isolation().toString());
        view.put("weakness", facts.weakness());
        view.put("weaknessFix", facts.weaknessFix());
        view.put("startedAt", facts.startedAt());
        view.put("domain", addresses.domain());
        view.put("port", addresses.port());
        view.put("localhostResolves", addresses.hostNamesResolve());
        view.put("uploadLimit", uploadLimit);
        view.put("defaults", Views.limits(Limits.DEFAULTS));
        return Answer.json(view);
    }

    private Answer stop(Call call) {
        stop.run();
        return new Answer.Json(202, Map.of("stopping", true));
    }

    private Answer doctor(Call call) {
        var views = findings.get().stream()
                .map(finding -> {
                    var view = new LinkedHashMap<String, Object>();
                    view.put("subject", finding.subject());
                    view.put("fine", finding.fine());
                    view.put("detail", finding.detail());
                    view.put("fix", finding.fix());
                    return view;
                })
                .toList();
        return Answer.json(Map.of("findings", views));
    }

    private Answer processes(Call call) {
        var byId = new HashMap<String, InstanceView>();
        instances.get().forEach(instance -> byId.put(instance.id().value(), instance));
        var views = processes.get().stream()
                .map(process -> ProcessView.of(process, byId.get(process.instance())))
                .toList();
        return Answer.json(Map.of("processes", views));
    }

    private Answer openapi(Call call) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                ServerEndpoints.class.getResourceAsStream("openapi.json"), "openapi.json is in the jar")) {
            return new Answer.Text(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
