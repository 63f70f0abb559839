package dev.mayfly.cli;

final class LsCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "ls", "Lists the projects.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
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
