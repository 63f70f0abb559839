package dev.mayfly.cli;

import java.math.RoundingMode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "usage", description = "Sums what ran and what it costs, per project, function and day.")
final class UsageCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    @Parameters(arity = "0..1", paramLabel = "PROJECT", description = "Only this project (default: all).")
    private String name = "";

    @Option(names = "--since", paramLabel = "30d", description = "How far back (default: 30d).")
    private String since = "30d";

    @Option(names = "--function", paramLabel = "NAME", description = "Only this function.")
    private String function = "";

    UsageCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var query = "?since=" + LogsCommand.Since.millis(mayfly, since)
                + (name.isEmpty() ? "" : "&project=" + Api.encode(name))
                + (function.isEmpty() ? "" : "&function=" + Api.encode(function));
        var answer = mayfly.api().get("/usage" + query);
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
            return 0;
        }
        var table = new Table(
                "PROJECT",
                "FUNCTION",
                "DAY",
                ">CALLS",
                ">COLD",
                ">FAILED",
                ">BILLED",
                ">GB-SECONDS",
                ">ACTIVE CPU",
                ">PRICE",
                ">ALWAYS ON");
        var sums = answer.objects("sums");
        for (var sum : sums) {
            row(table, sum.text("project"), sum.text("function"), sum.text("day"), sum);
        }
        var total = answer.object("total");
        row(table, "total", "", "", total);
        table.print(mayfly.screen());
        sayComparison(total);
        return 0;
    }

    private static void row(Table table, String project, String function, String day, JsonObject sum) {
        table.row(
                project,
                function,
                day,
                sum.text("invocations"),
                sum.text("cold"),
                sum.text("failed"),
                Amounts.millis(sum.number("billedMillis")),
                sum.decimal("gbSeconds").setScale(3, RoundingMode.HALF_UP).toPlainString(),
                Amounts.millis(sum.number("cpuMillis") + sum.number("unmeteredCpuMillis")),
                Amounts.dollars(sum.decimal("price")),
                Amounts.dollars(sum.decimal("alwaysOnPrice")));
    }

    private void sayComparison(JsonObject total) {
        if (total.decimal("price").signum() > 0
                && total.decimal("alwaysOnPrice").signum() > 0) {
            var factor = total.decimal("alwaysOnPrice").divide(total.decimal("price"), 0, RoundingMode.DOWN);
            mayfly.screen()
                    .say("an instance that is always on would have cost " + factor.toPlainString() + " times as much");
        }
    }
}
