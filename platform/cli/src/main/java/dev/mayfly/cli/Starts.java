package dev.mayfly.cli;

import dev.mayfly.model.ColdStart;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** How an instance was started, as the API says it. */
final class Starts {
    private Starts() {}

    /** Of a usage record. */
    static ColdStart of(JsonObject record) {
        var imports = record.objects("imports").stream()
                .map(each -> new ColdStart.Import(each.text("module"), each.number("micros")))
                .toList();
        return new ColdStart(record.text("rung"), record.text("why"), steps(record), imports);
    }

    static List<ColdStart.Step> steps(JsonObject holder) {
        return holder.objects("steps").stream()
                .map(step -> new ColdStart.Step(step.text("name"), step.number("micros")))
                .toList();
    }

    /** The names of all steps of several, in the order in which they happen. */
    static List<String> names(List<JsonObject> holders) {
        var names = new LinkedHashSet<String>(List.of("sandbox", "specialise", "boot", "load"));
        var found = new LinkedHashSet<String>();
        holders.forEach(holder -> steps(holder).forEach(step -> found.add(step.name())));
        names.retainAll(found);
        names.addAll(found);
        if (names.remove("other")) {
            names.add("other");
        }
        return new ArrayList<>(names);
    }
}
