package dev.mayfly.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What {@code mayfly top} says, as lines without colours: the table of all functions, and all of one function. */
final class TopPage {
    private TopPage() {}

    /** Those that are shown, in order. Names contain {@code filter}. */
    static List<JsonObject> sorted(JsonObject activity, TopColumn by, String filter) {
        return activity.objects("functions").stream()
                .filter(function -> TopColumn.NAME.cell(function).contains(filter))
                .sorted(by.order())
                .toList();
    }

    /** The heading first, then a line for each of {@code functions}. */
    static List<String> table(List<JsonObject> functions) {
        var columns = TopColumn.values();
        var table =
                new Table(Arrays.stream(columns).map(column -> column.heading).toArray(String[]::new));
        for (var function : functions) {
            table.row(
                    Arrays.stream(columns).map(column -> column.cell(function)).toArray(String[]::new));
        }
        return table.lines();
    }

    /** Requests that the page of a function names, in its order, each once. */
    static List<String> ids(JsonObject detail) {
        var ids = new ArrayList<String>();
        for (var list : List.of("errors", "requests")) {
            detail.objects(list).stream()
                    .map(each -> each.text("id"))
                    .filter(id -> !ids.contains(id))
                    .forEach(ids::add);
        }
        return ids;
    }

    /** What to type next about a request. */
    static String commands(String project, String id) {
        return "mayfly explain " + id + " · mayfly inspect " + id + " · mayfly logs " + project + " --request " + id;
    }

    /** @param chosen a request that is marked; empty: none */
    static List<String> detail(JsonObject detail, String chosen) {
        long now = detail.number("at");
        var lines = new ArrayList<>(table(List.of(detail.object("function"))));
        lines.add("");
        lines.addAll(instances(detail, now));
        if (!detail.objects("errors").isEmpty()) {
            lines.add("");
            lines.addAll(errors(detail, now, chosen));
        }
        if (!detail.objects("requests").isEmpty()) {
            lines.add("");
            lines.addAll(requests(detail, now, chosen));
        }
        return lines;
    }

    private static List<String> instances(JsonObject detail, long now) {
        if (detail.objects("instances").isEmpty()) {
            return List.of("no instance");
        }
        var table = new Table("INSTANCE", "DEPLOYMENT", "STATE", ">ACTIVE", ">CPU", ">MEMORY", ">AGE", "WHY");
        for (var each : detail.objects("instances")) {
            table.row(
                    each.text("id"),
                    each.text("deployment"),
                    each.text("state"),
                    each.text("active"),
                    TopColumn.CPU.cell(each),
                    TopColumn.memory(each),
                    Amounts.age(each.number("startedAt"), now),
                    each.text("reason"));
        }
        return table.lines();
    }

    private static List<String> errors(JsonObject detail, long now, String chosen) {
        var table = new Table("  ERROR", ">AGE", ">STATUS", "WHAT");
        for (var each : detail.objects("errors")) {
            table.row(
                    mark(each, chosen),
                    Amounts.age(each.number("at"), now),
                    status(each),
                    LogPrinter.harmless(each.text("text")));
        }
        return table.lines();
    }

    private static List<String> requests(JsonObject detail, long now, String chosen) {
        var table = requestTable("  REQUEST");
        for (var each : detail.objects("requests")) {
            request(table, mark(each, chosen), each, now);
        }
        return table.lines();
    }

    static Table requestTable(String first) {
        return new Table(first, ">AGE", ">STATUS", "OUTCOME", ">QUEUE", ">START", ">RAN", ">CPU", ">PRICE");
    }

    static void request(Table table, String first, JsonObject record, long now) {
        table.row(
                first,
                Amounts.age(record.number("startedAt"), now),
                status(record),
                record.text("outcome"),
                Amounts.fine(record.number("queueMicros")),
                record.flag("cold") ? Amounts.fine(record.number("initMicros")) : "warm",
                Amounts.fine(record.number("runMicros")),
                Amounts.fine(record.number("cpuMicros")),
                Amounts.dollars(record.decimal("price")));
    }

    private static String mark(JsonObject each, String chosen) {
        return (each.text("id").equals(chosen) ? "> " : "  ") + each.text("id");
    }

    private static String status(JsonObject each) {
        return each.number("status") == 0 ? "-" : each.text("status");
    }

    /** When it is from, and whether something is missing. */
    static String title(JsonObject activity, int functions) {
        var time = Instant.ofEpochMilli(activity.number("at")).toString();
        return "mayfly top  " + time.substring(11, 19) + " UTC  " + Amounts.count(functions, "function")
                + (activity.has("complete") && !activity.flag("complete")
                        ? "; more are called than are told apart"
                        : "");
    }
}
