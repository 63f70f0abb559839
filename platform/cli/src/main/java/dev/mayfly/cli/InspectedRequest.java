package dev.mayfly.cli;

import static dev.mayfly.cli.InspectCommand.fact;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.DataSize;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/** One invocation in full: where its time went, and how its instance was started. */
final class InspectedRequest {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{16}");

    private InspectedRequest() {}

    /** The record of the request that {@code name} names; empty where it names something else. A project of that name goes before. */
    static Optional<JsonObject> find(Api api, String name) {
        return idIn(api, name).map(id -> api.get("/invocations/" + id));
    }

    /** The request that {@code name} names; empty where it names something else. A project of that name goes before. */
    static Optional<String> idIn(Api api, String name) {
        return ID.matcher(name).matches()
                        && api.get("/projects").objects("projects").stream()
                                .noneMatch(project -> project.text("name").equals(name))
                ? Optional.of(name)
                : Optional.empty();
    }

    static void print(Mayfly mayfly, JsonObject record) {
        fact(mayfly, "request", record.text("id"));
        fact(mayfly, "project", record.text("project"));
        fact(mayfly, "deployment", record.text("deployment"));
        fact(mayfly, "function", record.text("function"));
        fact(mayfly, "instance", record.text("instance"));
        fact(
                mayfly,
                "accepted",
                Instant.ofEpochMilli(record.number("startedAt")).toString());
        fact(mayfly, "outcome", record.text("outcome") + ", status " + record.text("status"));
        fact(mayfly, "memory", new DataSize(record.number("memory")).toString());
        fact(mayfly, "CPU", Amounts.micros(record.number("cpuMicros")) + ", by " + record.text("cpuSource"));
        fact(mayfly, "price", Amounts.dollars(record.decimal("price")));
        var start = Starts.of(record);
        if (record.flag("cold")) {
            fact(mayfly, "start", start.known() ? "from " + start.rung() : "cold; from where was not recorded");
            fact(mayfly, "because", start.why());
        } else {
            fact(mayfly, "start", "warm");
        }
        steps(mayfly, record, start);
        imports(mayfly, start);
    }

    /** From the first byte to the last. The steps of a start may have begun before this request came. */
    private static void steps(Mayfly mayfly, JsonObject record, ColdStart start) {
        var table = new Table("STEP", ">TOOK");
        table.row("queue", Amounts.fine(record.number("queueMicros")));
        if (record.flag("cold")) {
            table.row("start", Amounts.fine(record.number("initMicros")));
        }
        for (var step : start.steps()) {
            table.row("  " + step.name(), Amounts.fine(step.micros()));
        }
        table.row("handler", Amounts.fine(record.number("runMicros")));
        mayfly.screen().data("");
        table.print(mayfly.screen());
    }

    private static void imports(Mayfly mayfly, ColdStart start) {
        if (start.imports().isEmpty()) {
            return;
        }
        var table = new Table("IMPORTS", ">TOOK");
        start.imports().forEach(each -> table.row(each.module(), Amounts.fine(each.micros())));
        mayfly.screen().data("");
        table.print(mayfly.screen());
    }
}
