package dev.mayfly.cli;

import dev.mayfly.model.DurationText;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "logs", description = "Prints what a project's functions wrote, each line under its request.")
final class LogsCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    @Parameters(arity = "0..1", paramLabel = "PROJECT", description = "Default: the project of this folder.")
    private String name = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on as more is written.")
    private boolean follow;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            description = "At most this many of the last lines (default: 200).")
    private int lines = 200;

    @Option(names = "--since", paramLabel = "5m", description = "Only what was written since.")
    private String since = "";

    @Option(names = "--request", paramLabel = "ID", description = "Only this request.")
    private String request = "";

    @Option(names = "--function", paramLabel = "NAME", description = "Only this function.")
    private String function = "";

    @Option(names = "--deployment", paramLabel = "ID", description = "Only this deployment.")
    private String deployment = "";

    LogsCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var query = new StringBuilder("?tail=1&limit=" + lines);
        query.append(follow ? "&follow=1" : "");
        query.append(since.isEmpty() ? "" : "&since=" + Since.millis(mayfly, since));
        append(query, "request", request);
        append(query, "function", function);
        append(query, "deployment", deployment);
        var printer = new LogPrinter(mayfly.screen().outPaint());
        var path = "/projects/" + Api.encode(mayfly.project(name)) + "/logs" + query;
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
