package dev.mayfly.control;

import dev.mayfly.model.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One method of one path of the API.
 *
 * @param template below {@code /mayfly/v1}, such as {@code /projects/{p}/env}
 * @param scope what a token needs
 * @param query names of the query parameters it knows
 */
record Endpoint(String method, String template, Scope scope, Set<String> query, Action action) {

    /** What it does, on a virtual thread of its own. */
    @FunctionalInterface
    interface Action {
        Answer answer(Call call) throws Exception;
    }

    /** The path's parameters if its segments, decoded, are those of the template. */
    Optional<Map<String, String>> match(List<String> segments) {
        var wanted = template.substring(1).split("/", -1);
        if (wanted.length != segments.size()) {
            return Optional.empty();
        }
        var parameters = new HashMap<String, String>();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].startsWith("{")) {
                parameters.put(wanted[i].substring(1, wanted[i].length() - 1), segments.get(i));
            } else if (!wanted[i].equals(segments.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }
}
