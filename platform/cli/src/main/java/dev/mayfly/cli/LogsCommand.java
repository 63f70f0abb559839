package dev.mayfly.cli;

import dev.mayfly.model.DurationText;

final class LogsCommand implements Command {
    private static final int LINES = 200;

    @Override
    public Syntax syntax() {
        return Syntax.of(this, "logs", "Prints what a project's functions wrote, each line under its request.")
                .word("PROJECT", false, "Default: the project of this folder.")
                .flag("Go on as more is written.", "-f", "--follow")
                .option("N", "At most this many of the last lines (default: 200).", "-n", "--lines")
                .option("5m", "Only what was written since.", "--since")
                .option("ID", "Only this request.", "--request")
                .option("NAME", "Only this function.", "--function")
                .option("ID", "Only this deployment.", "--deployment");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var query = new StringBuilder("?tail=1&limit=" + typed.number("--lines").orElse(LINES));
        query.append(typed.flag("--follow") ? "&follow=1" : "");
        typed.given("--since").ifPresent(since -> query.append("&since=").append(Since.millis(mayfly, since)));
        append(query, "request", typed.text("--request"));
        append(query, "function", typed.text("--function"));
        append(query, "deployment", typed.text("--deployment"));
        var printer = new LogPrinter(mayfly.screen().outPaint());
        var path = "/projects/" + Api.encode(mayfly.project(typed.word(0))) + "/logs" + query;
        mayfly.api().lines("GET", path, null, line -> {
            mayfly.screen().data(mayfly.json() ? Json.write(line) : printer.line(line));
            return true;
        });
        return 0;
    }

    private static void append(StringBuilder query, String name, String value) {
        if (!value.isEmpty()) {
            query.append('&').append(name).append('=').append(Api.encode(value));
        }
    }

    /** What {@code --since} means. */
    static final class Since {
        private Since() {}

        static long millis(Mayfly mayfly, String text) {
            try {
                return mayfly.surroundings().clock().millis()
                        - DurationText.parse(text).toMillis();
            } catch (IllegalArgumentException e) {
                throw Failure.usage("--since: " + e.getMessage(), "--since 5m");
            }
        }
    }
}
