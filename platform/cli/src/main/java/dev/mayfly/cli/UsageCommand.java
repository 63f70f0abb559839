package dev.mayfly.cli;

import java.math.RoundingMode;

final class UsageCommand implements Command {
    private static final int REQUESTS = 20;

    @Override
    public Syntax syntax() {
        return Syntax.of(this, "usage", "Sums what ran and what it costs, per project, function and day.")
                .word("PROJECT", false, "Only this project (default: all).")
                .option("30d", "How far back (default: 30d).", "--since")
                .option("NAME", "Only this function.", "--function")
                .flag("Instead, the last requests of a project, newest first, with their ids.", "--requests")
                .option("N", "At most so many of them (default: 20).", "-n", "--lines")
                .flag("Instead, the memory that the platform keeps so that starts are fast.", "--platform");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var name = typed.word(0);
        var function = typed.text("--function");
        if (typed.flag("--platform")) {
            return platform(mayfly, typed);
        }
        if (typed.flag("--requests")) {
            return requests(mayfly, typed);
        }
        var query = "?since="
                + LogsCommand.Since.millis(mayfly, typed.given("--since").orElse("30d"))
                + (name.isEmpty() ? "" : "&project=" + Api.encode(name))
                + (function.isEmpty() ? "" : "&function=" + Api.encode(function));
        var api = mayfly.api();
        var answer = api.get("/usage" + query);
        if (mayfly.json()) {
            mayfly.screen()
                    .data(Json.write(answer)); // programs get what the API says, which is a list that may be empty
            return 0;
        }
        var sums = answer.objects("sums");
        if (sums.isEmpty() && !name.isEmpty()) {
            api.get("/projects/"
                    + Api.encode(name)); // fails where there is no such project; a removed one may have sums
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
        for (var sum : sums) {
            row(table, sum.text("project"), sum.text("function"), sum.text("day"), sum);
        }
        var total = answer.object("total");
        row(table, "total", "", "", total);
        table.print(mayfly.screen());
        sayUnpriced(mayfly, total);
        sayComparison(mayfly, total);
        return 0;
    }

    private static int requests(Mayfly mayfly, Typed typed) {
        var project = mayfly.project(typed.word(0));
        var function = typed.text("--function");
        var since = LogsCommand.Since.millis(mayfly, typed.given("--since").orElse("30d"));
        var answer = mayfly.api()
                .get("/projects/" + Api.encode(project) + "/requests?since=" + since + "&limit="
                        + typed.number("--lines").orElse(REQUESTS)
                        + (function.isEmpty() ? "" : "&function=" + Api.encode(function)));
        var requests = answer.objects("requests");
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
            return 0;
        }
        var table = TopPage.requestTable("REQUEST");
        long now = mayfly.surroundings().clock().millis();
        requests.forEach(each -> TopPage.request(table, each.text("id"), each, now));
        table.print(mayfly.screen());
        if (!requests.isEmpty()) {
            mayfly.screen().say(TopPage.commands(project, requests.getFirst().text("id")));
        }
        return 0;
    }

    private static int platform(Mayfly mayfly, Typed typed) {
        if (!typed.word(0).isEmpty() || typed.flag("--function")) {
            throw Failure.usage(
                    "--platform goes without a project and a function: that memory is in no one's bill",
                    "mayfly usage --platform");
        }
        var since = LogsCommand.Since.millis(mayfly, typed.given("--since").orElse("30d"));
        var answer = mayfly.api().get("/usage/platform?since=" + since);
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
        } else {
            PlatformUsage.print(mayfly.screen(), answer);
        }
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
                Amounts.millis(sum.number("cpuMillis")),
                Amounts.dollars(sum.decimal("price")),
                Amounts.dollars(sum.decimal("alwaysOnPrice")));
    }

    private static void sayUnpriced(Mayfly mayfly, JsonObject total) {
        long unpriced = total.number("unmeteredCpuMillis");
        if (unpriced > 0) {
            mayfly.screen()
                    .say("starting and idling took " + Amounts.millis(unpriced) + " of CPU, which is not priced");
        }
    }

    private static void sayComparison(Mayfly mayfly, JsonObject total) {
        if (total.decimal("price").signum() > 0
                && total.decimal("alwaysOnPrice").signum() > 0) {
            var factor = total.decimal("alwaysOnPrice").divide(total.decimal("price"), 0, RoundingMode.DOWN);
            mayfly.screen()
                    .say("an instance that is always on would have cost " + factor.toPlainString() + " times as much");
        }
    }
}
