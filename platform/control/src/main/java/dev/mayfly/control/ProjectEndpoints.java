package dev.mayfly.control;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Scope;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Projects, deployments, functions and environment: reading and removing. */
record ProjectEndpoints(Projects projects, Views views, Removal removal) {
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,255}");

    private static final int LONGEST_ENVIRONMENT = 65_536;
    private static final int MOST_VARIABLES = 1000;

    /** Body of a PUT. */
    record Variables(@Nullable Map<String, @Nullable String> variables) {}

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/projects", Scope.READ, Set.of(), this::list),
                new Endpoint("GET", "/projects/{p}", Scope.READ, Set.of(), this::one),
                new Endpoint("DELETE", "/projects/{p}", Scope.DEPLOY, Set.of(), this::remove),
                new Endpoint("GET", "/projects/{p}/deployments", Scope.READ, Set.of(), this::deployments),
                new Endpoint("GET", "/projects/{p}/deployments/{id}", Scope.READ, Set.of(), this::deployment),
                new Endpoint(
                        "DELETE", "/projects/{p}/deployments/{id}", Scope.DEPLOY, Set.of(), this::removeDeployment),
                new Endpoint("GET", "/projects/{p}/functions", Scope.READ, Set.of(), this::functions),
                new Endpoint("GET", "/projects/{p}/env", Scope.DEPLOY, Set.of(), this::environment),
                new Endpoint("PUT", "/projects/{p}/env", Scope.DEPLOY, Set.of(), this::setEnvironment),
                new Endpoint("DELETE", "/projects/{p}/env/{name}", Scope.DEPLOY, Set.of(), this::unsetEnvironment));
    }

    private Answer list(Call call) {
        return Answer.json(Map.of(
                "projects", projects.all(call).stream().map(views::project).toList()));
    }

    private Answer one(Call call) {
        return Answer.json(views.projectDetail(projects.one(call)));
    }

    private Answer remove(Call call) throws Exception {
        removal.project(projects.one(call));
        return new Answer.Empty(204);
    }

    private Answer deployments(Call call) {
        return Answer.json(Map.of("deployments", views.deployments(projects.one(call))));
    }

    private Answer deployment(Call call) {
        var project = projects.one(call);
        return Answer.json(views.deploymentDetail(project, projects.deployment(call, project)));
    }

    private Answer removeDeployment(Call call) throws Exception {
        var project = projects.one(call);
        removal.deployment(project, projects.deployment(call, project));
        return new Answer.Empty(204);
    }

    private Answer functions(Call call) {
        var production = projects.one(call).production();
        return Answer.json(Map.of("functions", production.map(views::functions).orElse(List.of())));
    }

    private Answer environment(Call call) {
        return Answer.json(Map.of("names", List.copyOf(projects.one(call).environmentNames())));
    }

    private Answer setEnvironment(Call call) {
        var project = projects.one(call);
        var sent = call.json(Variables.class).variables();
        if (sent == null) {
            throw Call.bad("variables: missing (expected: an object of names and values)");
        }
        var variables = new TreeMap<String, String>();
        sent.forEach((name, value) -> {
            if (!VARIABLE.matcher(name).matches()) {
                throw Call.bad("variable " + name + " (expected: a letter or _, then letters, digits and _)");
            }
            if (value == null || value.indexOf('\0') >= 0) {
                throw Call.bad("value of " + name + " (expected: text without the character 0)");
            }
            variables.put(name, value);
        });
        long size = variables.entrySet().stream()
                .mapToLong(each -> each.getKey().length() + each.getValue().length() + 2L)
                .sum();
        if (size > LONGEST_ENVIRONMENT || variables.size() > MOST_VARIABLES) {
            throw Call.bad("variables: %d of them, %d characters (expected: at most %d, and %d)"
                    .formatted(variables.size(), size, MOST_VARIABLES, LONGEST_ENVIRONMENT));
        }
        projects.catalog().setEnvironment(project.name(), variables);
        return environment(call);
    }

    private Answer unsetEnvironment(Call call) {
        var project = projects.one(call);
        var name = call.inPath("name");
        if (!project.environmentNames().contains(name)) {
            throw new Problem(
                            ErrorCode.NOT_FOUND,
                            "there is no variable " + name + " in " + project.name(),
                            "mayfly env ls --project " + project.name())
                    .asException();
        }
        projects.catalog().unsetEnvironment(project.name(), Set.of(name));
        return new Answer.Empty(204);
    }
}
