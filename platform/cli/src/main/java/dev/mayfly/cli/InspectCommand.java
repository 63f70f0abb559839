package dev.mayfly.cli;

import dev.mayfly.model.DataSize;
import java.util.Optional;

final class InspectCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "inspect", "Shows a project, one of its deployments, or what became of one request.")
                .word("PROJECT|DEPLOYMENT|URL|REQUEST", false, "Default: the project of this folder.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var name = typed.word(0);
        var api = mayfly.api();
        var request = name.isEmpty() ? Optional.<JsonObject>empty() : InspectedRequest.find(api, name);
        if (request.isPresent()) {
            if (mayfly.json()) {
                mayfly.screen().data(Json.write(request.get()));
            } else {
                InspectedRequest.print(mayfly, request.get());
            }
            return 0;
        }
        var subject = name.isEmpty() ? new Subject(mayfly.project(""), "") : Subject.find(api, name);
        var answer = api.get(subject.path());
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
        } else if (subject.deployment().isEmpty()) {
            project(mayfly, answer);
        } else {
            deployment(mayfly, answer);
        }
        return 0;
    }

    private static void project(Mayfly mayfly, JsonObject project) {
        fact(mayfly, "project", project.text("name"));
        fact(mayfly, "url", project.text("url"));
        fact(mayfly, "production", project.text("production"));
        fact(mayfly, "variables", String.join(", ", project.texts("environment")));
        functions(mayfly, project);
        var now = mayfly.surroundings().clock().millis();
        var table = new Table("DEPLOYMENT", "AGE", "MODE", ">FILES", ">SIZE", "URL", "");
        for (var deployment : project.objects("deployments")) {
            table.row(
                    deployment.text("id"),
                    Amounts.age(deployment.number("createdAt"), now),
                    deployment.text("mode"),
                    deployment.text("files"),
                    new DataSize(deployment.number("bytes")).toString(),
                    deployment.text("url"),
                    names(deployment));
        }
        mayfly.screen().data("");
        table.print(mayfly.screen());
    }

    private static void deployment(Mayfly mayfly, JsonObject deployment) {
        var names = names(deployment);
        fact(mayfly, "deployment", deployment.text("id") + (names.isEmpty() ? "" : "  (" + names + ")"));
        fact(mayfly, "project", deployment.text("project"));
        fact(mayfly, "url", deployment.text("url"));
        fact(mayfly, "mode", deployment.text("mode") + ": " + deployment.text("reason"));
        fact(mayfly, "source", deployment.text("files") + " files, " + new DataSize(deployment.number("bytes")));
        deployment.texts("warnings").forEach(warning -> fact(mayfly, "warning", warning));
        functions(mayfly, deployment);
    }

    /** The aliases that lead to it; an older server says only of production whether that does. */
    private static String names(JsonObject deployment) {
        return deployment.has("aliases")
                ? String.join(", ", deployment.texts("aliases"))
                : deployment.flag("production") ? "production" : "";
    }

    private static void functions(Mayfly mayfly, JsonObject subject) {
        var functions = subject.objects("functions");
        if (functions.isEmpty()) {
            return;
        }
        var table = new Table("FUNCTION", "RUNTIME", "STATE", ">INSTANCES", "PATHS");
        for (var function : functions) {
            table.row(
                    function.text("name"),
                    function.text("runtime"),
                    function.text("state"),
                    function.text("instances"),
                    String.join(" ", function.texts("paths")));
        }
        mayfly.screen().data("");
        table.print(mayfly.screen());
    }

    static void fact(Mayfly mayfly, String name, String value) {
        if (!value.isEmpty()) {
            var label = name + " ".repeat(Math.max(1, 12 - name.length()));
            mayfly.screen().data(mayfly.screen().outPaint().dim(label) + value);
        }
    }
}
