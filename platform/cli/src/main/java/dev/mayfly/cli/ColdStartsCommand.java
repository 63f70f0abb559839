package dev.mayfly.cli;

import dev.mayfly.model.ColdStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

final class ColdStartsCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(
                        this,
                        "coldstarts",
                        "Shows how long calls waited for an instance to start, where that time went, and what would help.")
                .word("PROJECT", false, "Default: the project of this folder.")
                .option("30d", "How far back (default: 30d).", "--since")
                .option("NAME", "Only this function.", "--function");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var project = mayfly.project(typed.word(0));
        var function = typed.text("--function");
        var since = typed.given("--since").orElse("30d");
        var answer = mayfly.api()
                .get("/projects/" + Api.encode(project) + "/coldstarts?since="
                        + LogsCommand.Since.millis(mayfly, since)
                        + (function.isEmpty() ? "" : "&function=" + Api.encode(function)));
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
            return 0;
        }
        var screen = mayfly.screen();
        if (answer.number("calls") == 0) {
            var what = function.isEmpty() ? project : function + " of " + project;
            screen.say("no call of " + what + " waited for a start in the last " + since);
            return 0;
        }
        rungs(screen, answer.objects("rungs"));
        imports(screen, answer.objects("imports"));
        reasons(screen, answer.objects("reasons"));
        remarks(screen, answer);
        advice(screen, answer.objects("advice"));
        return 0;
    }

    private static void rungs(Screen screen, List<JsonObject> rungs) {
        if (rungs.isEmpty()) {
            return;
        }
        var names = Starts.names(rungs);
        var headings =
                new ArrayList<>(List.of("FUNCTION", "FROM", ">STARTS", ">CALLS", ">P50", ">P99", ">MAX", ">QUEUE"));
        names.forEach(name -> headings.add(">" + name.toUpperCase(Locale.ROOT)));
        headings.add(">HANDLER");
        var table = new Table(headings.toArray(String[]::new));
        for (var rung : rungs) {
            var cells = new ArrayList<>(List.of(
                    rung.text("function"),
                    rung.text("rung"),
                    rung.text("starts"),
                    rung.text("calls"),
                    Amounts.fine(rung.number("p50Micros")),
                    Amounts.fine(rung.number("p99Micros")),
                    Amounts.fine(rung.number("maxMicros")),
                    Amounts.fine(rung.number("queueMicros"))));
            var steps = Starts.steps(rung);
            names.forEach(name -> cells.add(mean(steps, name)));
            cells.add(Amounts.fine(rung.number("handlerMicros")));
            table.row(cells.toArray(String[]::new));
        }
        table.print(screen);
    }

    private static String mean(List<ColdStart.Step> steps, String name) {
        return steps.stream()
                .filter(step -> step.name().equals(name))
                .findFirst()
                .map(step -> Amounts.fine(step.micros()))
                .orElse("-");
    }

    private static void imports(Screen screen, List<JsonObject> imports) {
        if (imports.isEmpty()) {
            return;
        }
        var table = new Table("FUNCTION", "IMPORTS", ">STARTS", ">MEAN", ">MAX");
        for (var each : imports) {
            table.row(
                    each.text("function"),
                    each.text("module"),
                    each.text("starts"),
                    Amounts.fine(each.number("meanMicros")),
                    Amounts.fine(each.number("maxMicros")));
        }
        screen.data("");
        table.print(screen);
    }

    private static void reasons(Screen screen, List<JsonObject> reasons) {
        if (reasons.isEmpty()) {
            return;
        }
        var table = new Table("FUNCTION", "FROM", ">STARTS", "BECAUSE");
        for (var reason : reasons) {
            table.row(reason.text("function"), reason.text("rung"), reason.text("starts"), reason.text("why"));
        }
        screen.data("");
        table.print(screen);
    }

    private static void remarks(Screen screen, JsonObject answer) {
        if (answer.number("unknown") > 0) {
            screen.say(Amounts.count(answer.number("unknown"), "call")
                    + " more waited, of which an older server did not record from where");
        }
        if (answer.has("complete") && !answer.flag("complete")) {
            screen.say("there were more: these are the newest " + Amounts.count(answer.number("calls"), "call"));
        }
    }

    private static void advice(Screen screen, List<JsonObject> advice) {
        for (var each : advice) {
            var function = each.text("function");
            screen.say((function.isEmpty() ? "" : function + ": ") + each.text("text"));
            screen.say("  " + each.text("fix"));
        }
    }
}
