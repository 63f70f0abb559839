package dev.mayfly.cli;

import dev.mayfly.model.DataSize;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "inspect", description = "Shows a project or one of its deployments.")
final class InspectCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    @Parameters(
            arity = "0..1",
            paramLabel = "PROJECT|DEPLOYMENT|URL",
            description = "Default: the project of this folder.")
    private String name = "";

    InspectCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var api = mayfly.api();
        var subject = name.isEmpty() ? new Subject(mayfly.project(""), "") : Subject.find(api, name);
        var answer = api.get(subject.path());
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
        } else if (subject.deployment().isEmpty()) {
            project(answer);
        } else {
            deployment(answer);
        }
        return 0;
    }

    private void project(JsonObject project) {
        fact("project", project.text("name"));
        fact("url", project.text("url"));
        fact("production", project.text("production"));
        fact("variables", String.join(", ", project.texts("environment")));
        functions(project);
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
                    deployment.flag("production") ? "production" : "");
        }
        mayfly.screen().data("");
        table.print(mayfly.screen());
    }

    private void deployment(JsonObject deployment) {
        fact("deployment", deployment.text("id") + (deployment.flag("production") ? "  (production)" : ""));
        fact("project", deployment.text("project"));
        fact("url", deployment.text("url"));
        fact("mode", deployment.text("mode") + ": " + deployment.text("reason"));
        fact("source", deployment.text("files") + " files, " + new DataSize(deployment.number("bytes")));
        deployment.texts("warnings").forEach(warning -> fact("warning", warning));
        functions(deployment);
    }

    private void functions(JsonObject subject) {
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

    private void fact(String name, String value) {
        if (!value.isEmpty()) {
            var label = name + " ".repeat(Math.max(1, 12 - name.length()));
            mayfly.screen().data(mayfly.screen().outPaint().dim(label) + value);
        }
    }
}
