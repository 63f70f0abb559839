package dev.mayfly.cli;

import dev.mayfly.model.DurationText;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

final class TopCommand implements Command {
    private static final Duration SHORTEST = Duration.ofMillis(100);

    @Override
    public Syntax syntax() {
        return Syntax.of(this, "top", "Shows what functions do now; on a terminal live, with keys.")
                .word("PROJECT", false, "Only this project (default: all).")
                .option("NAME", "Only this function of the project: instances, last requests and errors.", "--function")
                .option("COLUMN", "By which to sort: " + TopColumn.words() + " (default: rate).", "--sort")
                .option(
                        "2s",
                        "How often to look (default: 1s). With --json: an object a line, until stopped.",
                        "--interval")
                .flag("Print it once, as anywhere but on a terminal.", "--once");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var sort = TopColumn.named(typed.given("--sort").orElse("rate"));
        var project = typed.word(0);
        var function = typed.text("--function");
        if (project.isEmpty() && !function.isEmpty()) {
            throw Failure.usage("--function without a project", "mayfly top PROJECT --function " + function);
        }
        var interval = typed.given("--interval").map(TopCommand::interval).orElse(Duration.ofSeconds(1));
        var api = mayfly.api();
        var path = path(project, function);
        if (mayfly.json()) {
            boolean stream = typed.given("--interval").isPresent() && !typed.flag("--once");
            do {
                mayfly.screen().data(Json.write(api.get(path)));
                if (stream) {
                    LockSupport.parkNanos(interval.toNanos());
                }
            } while (stream && !mayfly.surroundings().out().checkError());
            return 0;
        }
        var first = api.get(path);
        if (typed.flag("--once") || !mayfly.surroundings().outTerminal() || !Terminal.possible(mayfly.surroundings())) {
            var lines = function.isEmpty() ? TopPage.table(TopPage.sorted(first, sort, "")) : TopPage.detail(first, "");
            lines.forEach(mayfly.screen()::data);
            return 0;
        }
        new LiveTop(mayfly, api, project, function, sort, interval).run(first);
        return 0;
    }

    static String path(String project, String function) {
        return function.isEmpty()
                ? "/activity" + (project.isEmpty() ? "" : "?project=" + Api.encode(project))
                : "/projects/" + Api.encode(project) + "/functions/" + Api.encode(function) + "/activity";
    }

    private static Duration interval(String text) {
        try {
            var interval = DurationText.parse(text);
            if (interval.compareTo(SHORTEST) >= 0) {
                return interval;
            }
        } catch (IllegalArgumentException notOne) {
            // told below
        }
        throw Failure.usage("--interval: " + text + " (expected: a time of at least 100ms, as 2s)", "--interval 2s");
    }
}
