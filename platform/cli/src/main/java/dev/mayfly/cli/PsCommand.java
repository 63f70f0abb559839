package dev.mayfly.cli;

import dev.mayfly.model.DataSize;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "ps", description = "Lists every process the platform runs: what it is, whose, and why it is there.")
final class PsCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    PsCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
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
            return "mayfly";
        }
        var function = process.text("function");
        return function.isEmpty() ? project : project + " " + function;
    }
}
