package dev.mayfly.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The deployments of an alias and their weights: as they are typed, and as they are shown. */
final class AliasParts {
    private static final Pattern WEIGHT = Pattern.compile("[0-9]{1,9}");
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

    private AliasParts() {}

    /** {@code DEPLOYMENT} or {@code DEPLOYMENT=WEIGHT} each; a deployment may be {@code PROJECT--DEPLOYMENT}, or a URL. */
    static List<JsonObject> parse(Api api, String project, List<String> words) {
        var parts = new ArrayList<JsonObject>();
        for (var word : words) {
            int equals = word.indexOf('=');
            var id = Subject.deploymentOf(api, project, equals < 0 ? word : word.substring(0, equals))
                    .deployment();
            parts.add(new JsonObject(
                    Map.of("id", id, "weight", equals < 0 ? 1 : weight(id, word.substring(equals + 1)))));
        }
        return parts;
    }

    private static int weight(String id, String text) {
        if (!WEIGHT.matcher(text).matches()) {
            throw Failure.usage(
                    "weight of " + id + ": " + text + " (expected: a whole number from 1 to 1000)", id + "=1");
        }
        return Integer.parseInt(text);
    }

    /** Such as {@code 7k2m9x4q1a}, or {@code 7k2m9x4q1a 90 %, 0p3c8v5n2b 10 %}. */
    static String shown(List<JsonObject> parts) {
        if (parts.isEmpty()) {
            return "nothing";
        }
        if (parts.size() == 1) {
            return name(parts.getFirst());
        }
        long all = parts.stream().mapToLong(part -> part.number("weight")).sum();
        return parts.stream()
                .map(part -> name(part) + " " + percent(part.number("weight"), all) + " %")
                .collect(Collectors.joining(", "));
    }

    private static String name(JsonObject part) {
        return part.text("id") + (part.flag("removed") ? " (removed)" : "");
    }

    private static String percent(long weight, long all) {
        return HUNDRED.multiply(BigDecimal.valueOf(weight))
                .divide(BigDecimal.valueOf(Math.max(1, all)), 1, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }
}
