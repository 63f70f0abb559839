package dev.mayfly.provider.instance;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Lists of names in a worker's {@code ready}. They are handed to other processes of the same project and shown in reasons, so what could be none is
 * left out, and there are not many.
 */
final class Names {
    static final int MOST_MODULES = 100;
    static final int MOST_VARIABLES = 1000;

    /** Dotted; Python's identifiers may have letters of any script. */
    private static final Pattern MODULE = Pattern.compile("(?U)(?=.{1,200}$)[\\p{L}_]\\w*(\\.[\\p{L}_]\\w*)*");

    /** {@code *} stands for all. */
    private static final Pattern VARIABLE = Pattern.compile("\\*|[^\\p{C}=]{1,200}");

    private Names() {}

    /** In the order in which they are to be imported. */
    static List<String> modules(JsonNode said) {
        return of(said, MODULE, MOST_MODULES);
    }

    static List<String> variables(JsonNode said) {
        return of(said, VARIABLE, MOST_VARIABLES);
    }

    private static List<String> of(JsonNode said, Pattern pattern, int most) {
        var names = new ArrayList<String>();
        for (var each : said.isArray() ? said : List.<JsonNode>of()) {
            if (names.size() == most) {
                break;
            }
            if (each.isString() && pattern.matcher(each.asString()).matches()) {
                names.add(each.asString());
            }
        }
        return List.copyOf(names);
    }
}
