package dev.mayfly.control;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Scope;
import dev.mayfly.store.UsageLedger;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Calling functions, and what a call cost. */
record InvocationEndpoints(Projects projects, UsageLedger ledger, PriceFile prices) {
    private static final Pattern METHOD = Pattern.compile("[A-Z]{1,20}");

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(
                        "POST",
                        "/projects/{p}/functions/{f}/invocations",
                        Scope.INVOKE,
                        Set.of("method", "path", "deployment"),
                        this::invoke),
                new Endpoint("GET", "/invocations/{id}", Scope.READ, Set.of(), this::one));
    }

    private Answer invoke(Call call) {
        var project = projects.one(call);
        var deployment = call.deploymentId("deployment");
        if (deployment.isPresent() && !project.deployments().containsKey(deployment.get())) {
            throw new Problem(
                            ErrorCode.DEPLOYMENT_NOT_FOUND,
                            "there is no deployment " + deployment.get() + " of " + project.name(),
                            "mayfly inspect " + project.name())
                    .asException();
        }
        var named = call.inPath("f");
        var function = named.equals("-")
                ? Optional.<FunctionName>empty()
                : Optional.of(Call.parsed("function", named, FunctionName::new));
        var method = call.text("method").orElse("GET");
        if (!METHOD.matcher(method).matches()) {
            throw Call.bad("method: " + method + " (expected: a method of HTTP, such as GET)");
        }
        var path = call.text("path").orElse("");
        if (path.chars().anyMatch(c -> c <= ' ' || c >= 0x7F)) {
            throw Call.bad("path: " + path + " (expected: a percent-encoded path, with a query if need be)");
        }
        return new Answer.HandedOn(() -> call.caller()
                .call(call.request(), project.name(), deployment, function, HttpMethod.valueOf(method), path));
    }

    private Answer one(Call call) {
        var id = Call.parsed("invocation", call.inPath("id"), InvocationId::parse);
        return ledger.find(id)
                .filter(usage -> projects.sees(call, usage.project()))
                .map(usage -> Answer.json(Views.record(usage, prices.read().of(usage))))
                .orElseThrow(() -> new Problem(
                                ErrorCode.NOT_FOUND, "no invocation " + id + " has ended here", "ask again when it has")
                        .asException());
    }
}
