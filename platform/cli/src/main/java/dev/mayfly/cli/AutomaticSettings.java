package dev.mayfly.cli;

import java.util.LinkedHashMap;
import java.util.List;

/** Everything that is decided by itself, one table for each place where it is overruled. */
final class AutomaticSettings {
    private AutomaticSettings() {}

    static void print(Mayfly mayfly, JsonObject answer) {
        var tables = new LinkedHashMap<String, Table>();
        for (var each : answer.objects("automatic")) {
            var table =
                    tables.computeIfAbsent(each.text("where"), where -> new Table("KEY", "VALUE", "FROM", "DECIDES"));
            var own = each.objects("own");
            for (var value : own.isEmpty() ? List.of(each) : own) {
                var of = value.text("of");
                table.row(
                        key(each),
                        (of.isEmpty() ? "" : of + ": ") + value.text("value"),
                        value.text("from"),
                        each.text("decides"));
            }
        }
        boolean first = true;
        for (var table : tables.entrySet()) {
            if (!first) {
                mayfly.screen().data("");
            }
            first = false;
            mayfly.screen().data(mayfly.screen().outPaint().bold(table.getKey()));
            table.getValue().print(mayfly.screen());
        }
    }

    private static String key(JsonObject each) {
        var key = each.text("key");
        var variable = each.text("variable");
        if (key.isEmpty()) {
            return "-";
        }
        return variable.isEmpty() || variable.equals(key) ? key : key + ", " + variable;
    }
}
