package dev.mayfly.control;

import dev.mayfly.engine.InstanceView;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Route;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Logs;
import dev.mayfly.store.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How the words of the platform look to a client of the API (docs/api.md). */
record Views(Addresses addresses, Supplier<List<InstanceView>> instances) {

    Map<String, @Nullable Object> project(Snapshot.Project project) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        var hostUrl = addresses.hostUrl(project.name());
        var portUrl = addresses.portUrl(project);
        view.put("name", project.name().value());
        view.put("createdAt", project.createdAt());
        view.put("url", addresses.best(hostUrl, portUrl));
        view.put("hostUrl", hostUrl);
        view.put("portUrl", portUrl);
        view.put("production", project.production().map(d -> d.id().value()).orElse(null));
        view.put("deployments", project.deployments().size());
        view.put(
                "functions", project.production().map(d -> d.functions().size()).orElse(0));
        return view;
    }

    Map<String, @Nullable Object> projectDetail(Snapshot.Project project) {
        var view = project(project);
        view.put("deployments", deployments(project));
        view.put("functions", project.production().map(this::functions).orElse(List.of()));
        view.put("environment", List.copyOf(project.environmentNames()));
        return view;
    }

    List<Map<String, @Nullable Object>> deployments(Snapshot.Project project) {
        return project.deployments().values().stream()
                .sorted((a, b) -> Long.compare(b.createdAt(), a.createdAt()))
                .map(deployment -> deployment(project, deployment))
                .toList();
    }

    Map<String, @Nullable Object> deployment(Snapshot.Project project, Deployment deployment) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        var hostUrl = addresses.hostUrl(project.name(), deployment.id());
        var portUrl = addresses.portUrl(project, deployment.id());
        view.put("id", deployment.id().value());
        view.put("project", project.name().value());
        view.put("createdAt", deployment.createdAt());
        view.put("url", addresses.best(hostUrl, portUrl));
        view.put("hostUrl", hostUrl);
        view.put("portUrl", portUrl);
        view.put(
                "production",
                project.production().filter(p -> p.id().equals(deployment.id())).isPresent());
        view.put(
                "aliases",
                project.aliasesOf(deployment.id()).stream()
                        .map(alias -> alias.name().value())
                        .toList());
        view.put("mode", deployment.mode());
        view.put("reason", deployment.reason());
        view.put("files", deployment.files());
        view.put("bytes", deployment.bytes());
        view.put(
                "functions",
                deployment.functions().stream().map(f -> f.name().value()).toList());
        view.put("maxConcurrency", deployment.maxConcurrency());
        view.put("warnings", deployment.warnings());
        return view;
    }

    Map<String, @Nullable Object> deploymentDetail(Snapshot.Project project, Deployment deployment) {
        var view = deployment(project, deployment);
        view.put("functions", functions(deployment));
        view.put(
                "routes",
                deployment.routes().stream()
                        .map(route -> Map.of(
                                "pattern",
                                route.pattern(),
                                "function",
                                route.function().value()))
                        .toList());
        view.put(
                "staticFiles",
                deployment.staticFiles().stream()
                        .map(file ->
                                Map.of("path", file.path(), "size", file.size(), "contentType", file.contentType()))
                        .toList());
        view.put(
                "counts",
                Map.of(
                        "functions", deployment.functions().size(),
                        "routes", deployment.routes().size(),
                        "staticFiles", deployment.staticFiles().size()));
        return view;
    }

    List<Map<String, @Nullable Object>> functions(Deployment deployment) {
        var live = instances.get().stream()
                .filter(instance -> instance.deployment().equals(deployment.id()))
                .toList();
        return deployment.functions().stream()
                .map(function -> function(deployment, function, live))
                .toList();
    }

    private static Map<String, @Nullable Object> function(
            Deployment deployment, Function function, List<InstanceView> live) {
        var own = live.stream()
                .filter(instance -> instance.function().equals(function.name()))
                .toList();
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("name", function.name().value());
        view.put("runtime", function.runtime());
        view.put("entrypoint", entrypoint(function));
        view.put("protocol", function.protocol().toString());
        view.put("paths", paths(deployment, function.name()));
        view.put("limits", limits(function.limits()));
        view.put("instances", own.size());
        view.put("state", state(own));
        return view;
    }

    private static String entrypoint(Function function) {
        var entrypoint = function.entrypoint();
        if (!entrypoint.command().isEmpty()) {
            return entrypoint.commandLine();
        }
        return entrypoint.symbol().isEmpty() ? entrypoint.file() : entrypoint.file() + ":" + entrypoint.symbol();
    }

    private static List<String> paths(Deployment deployment, FunctionName function) {
        return deployment.routes().stream()
                .filter(route -> route.function().equals(function))
                .map(Route::pattern)
                .toList();
    }

    private static String state(List<InstanceView> instances) {
        if (instances.isEmpty()) {
            return "zero";
        }
        var states = instances.stream().map(InstanceView::state).toList();
        return states.contains("busy") ? "busy" : states.contains("starting") ? "starting" : "idle";
    }

    static Map<String, @Nullable Object> limits(Limits limits) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("memory", limits.memory());
        view.put("cpu", limits.cpu());
        view.put("concurrency", limits.concurrency());
        view.put("minInstances", limits.minInstances());
        view.put("maxInstances", limits.maxInstances());
        view.put("timeoutMillis", limits.timeout().toMillis());
        view.put("idleTimeoutMillis", limits.idleTimeout().toMillis());
        view.put("queue", limits.queue());
        view.put("queueTimeoutMillis", limits.queueTimeout().toMillis());
        view.put("requestBody", limits.requestBody());
        view.put("requestHeaders", limits.requestHeaders());
        view.put("pids", limits.pids());
        view.put("tmp", limits.tmp());
        view.put("inodes", limits.inodes());
        view.put("logRate", limits.logRate());
        view.put("egress", limits.egress() == null ? "default" : limits.egress().toString());
        view.put("isolation", limits.isolation().toString());
        view.put("zygotes", limits.zygotes());
        view.put("reservedConcurrency", limits.reservedConcurrency());
        return view;
    }

    static Map<String, @Nullable Object> record(UsageRecord usage, double price) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("id", usage.id().toString());
        view.put("project", usage.project().value());
        view.put("deployment", usage.deployment().value());
        view.put("function", usage.function().value());
        view.put("instance", usage.instance().value());
        view.put("trigger", lower(usage.trigger()));
        view.put("startedAt", usage.startedAt());
        view.put("queueMicros", usage.queueMicros());
        view.put("initMicros", usage.initMicros());
        view.put("runMicros", usage.runMicros());
        view.put("billedMillis", usage.billedMillis());
        view.put("memory", usage.memory());
        view.put("memoryMicros", usage.memoryMicros());
        view.put("cpuMicros", usage.cpuMicros());
        view.put("cpuSource", lower(usage.cpuSource()));
        view.put("bytesIn", usage.bytesIn());
        view.put("bytesOut", usage.bytesOut());
        view.put("outcome", lower(usage.outcome()));
        view.put("status", usage.status());
        view.put("cold", usage.cold());
        var start = usage.start();
        view.put("rung", start.known() ? start.rung() : null);
        view.put("why", start.why());
        view.put("steps", start.steps().stream().map(Views::step).toList());
        view.put(
                "imports",
                start.imports().stream()
                        .map(each -> Map.of("module", each.module(), "micros", each.micros()))
                        .toList());
        view.put("price", price);
        return view;
    }

    static Map<String, Object> step(ColdStart.Step step) {
        var view = new LinkedHashMap<String, Object>();
        view.put("name", step.name());
        view.put("micros", step.micros());
        return view;
    }

    static Map<String, @Nullable Object> line(Logs.Entry entry) {
        var line = entry.line();
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("cursor", entry.cursor());
        view.put("at", line.at());
        view.put("deployment", line.deployment().value());
        view.put("function", line.function().value());
        view.put("instance", line.instance().value());
        view.put("request", line.invocation() == null ? null : line.invocation().toString());
        view.put("stream", lower(line.stream()));
        view.put("level", line.level());
        view.put("text", line.text());
        return view;
    }

    static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
