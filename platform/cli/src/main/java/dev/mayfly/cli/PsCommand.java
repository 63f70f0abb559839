package dev.mayfly.cli;

import dev.mayfly.model.DataSize;

final class PsCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "ps", "Lists every process the platform runs: what it is, whose, and why it is there.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var answer = mayfly.api().get("/processes");
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
            return 0;
        }
        var table = new Table(">PID", "WHAT", "WHOSE", "STATE", ">MEMORY", ">CPU", "WHY");
        for (var process : answer.objects("processes")) {
            table.row(
                    process.text("pid"),
                    process.text("role"),
                    whose(process),
                    process.text("state"),
                    new DataSize(process.number("residentBytes")).toString(),
                    Amounts.millis(process.number("cpuMillis")),
                    process.text("reason"));
        }
        table.print(mayfly.screen());
        return 0;
    }

    private static String whose(JsonObject process) {
        var project = process.text("project");
        if (project.isEmpty()) {
            var runtime = process.text("runtime");
            return runtime.isEmpty() ? "mayfly" : "mayfly " + runtime;
        }
        var function = process.text("function");
        return function.isEmpty() ? project : project + " " + function;
    }
}
