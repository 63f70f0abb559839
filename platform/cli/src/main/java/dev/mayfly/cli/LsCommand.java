package dev.mayfly.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "ls", description = "Lists the projects.")
final class LsCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    LsCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var answer = mayfly.api().get("/projects");
        var projects = answer.objects("projects");
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
        } else if (projects.isEmpty()) {
            mayfly.screen().say("no projects yet: mayfly deploy DIR");
        } else {
            var now = mayfly.surroundings().clock().millis();
            var table = new Table("PROJECT", "URL", "PRODUCTION", ">DEPLOYMENTS", ">FUNCTIONS", ">AGE");
            for (var project : projects) {
                table.row(
                        project.text("name"),
                        project.text("url"),
                        project.text("production"),
                        project.text("deployments"),
                        project.text("functions"),
                        Amounts.age(project.number("createdAt"), now));
            }
            table.print(mayfly.screen());
        }
        return 0;
    }
}
