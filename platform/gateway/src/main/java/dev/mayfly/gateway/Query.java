package dev.mayfly.gateway;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Query strings, bytes of the client preserved. */
final class Query {
    private Query() {}

    /**
     * The client's pairs in their order and spelling, then {@code parameters}. A pair of the client that has a parameter's name is left out: the
     * route wins, so that nobody can pretend to be at another path.
     */
    static @Nullable String with(@Nullable String raw, List<RoutePattern.Parameter> parameters) {
        if (parameters.isEmpty()) {
            return raw;
        }
        var query = new StringBuilder();
        if (raw != null) {
            for (var pair : raw.split("&", -1)) {
                if (!pair.isEmpty() && !names(pair, parameters)) {
                    append(query, pair);
                }
            }
        }
        for (var parameter : parameters) {
            append(query, Percent.encode(parameter.name()) + "=" + Percent.encode(parameter.value()));
        }
        return query.toString();
    }

    private static boolean names(String pair, List<RoutePattern.Parameter> parameters) {
        int equals = pair.indexOf('=');
        var rawName = equals < 0 ? pair : pair.substring(0, equals);
        var name = Percent.decode(rawName.replace('+', ' '));
        return name != null
                && parameters.stream().anyMatch(parameter -> parameter.name().equals(name));
    }

    private static void append(StringBuilder query, String pair) {
        if (!query.isEmpty()) {
            query.append('&');
        }
        query.append(pair);
    }
}
