package dev.mayfly.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** What functions are doing now and why, then what was decided about them: alike decisions are one line. */
final class ExplainedFunctions {
    private ExplainedFunctions() {}

    static void print(Mayfly mayfly, JsonObject answer) {
        var screen = mayfly.screen();
        var functions = answer.objects("functions");
        if (functions.isEmpty()) {
            screen.say(
                    answer.text("project") + " has no function to explain; mayfly inspect " + answer.text("project"));
        }
        for (var function : functions) {
            var names = String.join(", ", function.texts("aliases"));
            screen.data(screen.outPaint().bold(function.text("function")) + " of " + function.text("deployment")
                    + (names.isEmpty() ? "" : " (" + names + ")"));
            function.texts("story").forEach(sentence -> screen.data("  " + sentence));
            var decided = answer.objects("decisions").stream()
                    .filter(each -> each.text("function").equals(function.text("function"))
                            && each.text("deployment").equals(function.text("deployment")))
                    .toList();
            groups(decided).forEach(group -> print(mayfly, group));
        }
        if (answer.number("leftOut") > 0) {
            screen.say(Amounts.count(answer.number("leftOut"), "older decision") + " left out; --limit shows more");
        }
    }

    /** Those that were decided for the same reason; the one that happened last comes last. */
    private static List<List<JsonObject>> groups(List<JsonObject> decisions) {
        var groups = new LinkedHashMap<String, List<JsonObject>>();
        for (var each : decisions) {
            var reason = each.text("reason");
            var group = groups.containsKey(reason) ? groups.remove(reason) : new ArrayList<JsonObject>();
            group.add(each);
            groups.put(reason, group);
        }
        return List.copyOf(groups.values());
    }

    private static void print(Mayfly mayfly, List<JsonObject> group) {
        var last = group.getLast();
        var now = mayfly.surroundings().clock().millis();
        var age = Amounts.age(last.number("at"), now) + " ago";
        var when = group.size() == 1 ? age : group.size() + " times, last " + age;
        mayfly.screen().data("  " + mayfly.screen().outPaint().dim(when + ":") + " " + last.text("text"));
        mayfly.screen().data("      " + mayfly.screen().outPaint().dim(setting(last.object("setting"))));
    }

    private static String setting(JsonObject setting) {
        if (!setting.flag("overrules")) {
            return "no setting overrules it: " + setting.text("key");
        }
        var value = setting.text("value");
        var from = setting.text("from");
        return "overruled by " + setting.text("key")
                + (value.isEmpty() ? "" : ": " + value + (from.isEmpty() ? "" : " (" + from + ")"));
    }
}
