package dev.mayfly.cli;

import java.util.Optional;

/** Tells what the platform decided by itself and why (docs/explain.md). The server finds the words, so that a newer one can say more. */
final class ExplainCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(
                        this,
                        "explain",
                        "Tells what the platform decided by itself, and why: of a project, a function, or one request.")
                .word("PROJECT|PROJECT/FUNCTION|REQUEST", false, "Default: the project of this folder.")
                .flag("List everything that is decided by itself, and what overrules it.", "--automatic")
                .option("5m", "Only what was decided since.", "--since")
                .option("N", "At most this many of the last decisions (default: 100).", "-n", "--limit");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var name = typed.word(0);
        if (typed.flag("--automatic")) {
            return answer(
                    mayfly,
                    mayfly.api().get("/automatic" + (name.isEmpty() ? "" : "?project=" + Api.encode(name))),
                    AutomaticSettings::print);
        }
        var request = name.isEmpty() ? Optional.<String>empty() : InspectedRequest.idIn(mayfly.api(), name);
        if (request.isPresent()) {
            return answer(
                    mayfly, mayfly.api().get("/invocations/" + request.get() + "/decisions"), ExplainedRequest::print);
        }
        int slash = name.indexOf('/');
        var project = slash < 0 ? mayfly.project(name) : name.substring(0, slash);
        var query = new StringBuilder("?limit=" + typed.number("--limit").orElse(100));
        typed.given("--since")
                .ifPresent(since -> query.append("&since=").append(LogsCommand.Since.millis(mayfly, since)));
        if (slash >= 0) {
            query.append("&function=").append(Api.encode(name.substring(slash + 1)));
        }
        return answer(
                mayfly,
                mayfly.api().get("/projects/" + Api.encode(project) + "/decisions" + query),
                ExplainedFunctions::print);
    }

    private interface Printer {
        void print(Mayfly mayfly, JsonObject answer);
    }

    private static int answer(Mayfly mayfly, JsonObject answer, Printer printer) {
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
        } else {
            printer.print(mayfly, answer);
        }
        return 0;
    }
}
