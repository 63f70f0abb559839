package dev.mayfly.gateway;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Route;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A route with dynamic segments, cut into pieces once. */
record RoutePattern(int order, FunctionName function, List<Segment> segments, boolean catchesRest) {

    /** @param name of the query parameter; null for a literal */
    record Segment(String literal, @Nullable String name) {}

    /** A query parameter that a dynamic segment adds; {@code value} is decoded. */
    record Parameter(String name, String value) {}

    static boolean isDynamic(Route route) {
        return route.pattern().contains("/[");
    }

    static RoutePattern compile(int order, Route route) {
        var parts = route.pattern().substring(1).split("/", -1);
        var segments = new ArrayList<Segment>();
        boolean catchesRest = false;
        for (int i = 0; i < parts.length; i++) {
            var part = parts[i];
            if (!part.startsWith("[") || !part.endsWith("]") || part.length() < 3) {
                segments.add(new Segment(part, null));
            } else if (part.startsWith("[...") && part.length() > 5 && i == parts.length - 1) {
                segments.add(new Segment(part, part.substring(4, part.length() - 1)));
                catchesRest = true;
            } else {
                segments.add(new Segment(part, part.substring(1, part.length() - 1)));
            }
        }
        return new RoutePattern(order, route.function(), List.copyOf(segments), catchesRest);
    }

    /** The parameters when {@code path}, cut at {@code /} and then decoded, matches; null when not. */
    @Nullable List<Parameter> match(List<String> path) {
        if (catchesRest ? path.size() < segments.size() : path.size() != segments.size()) {
            return null;
        }
        var parameters = new ArrayList<Parameter>();
        for (int i = 0; i < segments.size(); i++) {
            var segment = segments.get(i);
            if (segment.name() == null) {
                if (!segment.literal().equals(path.get(i))) {
                    return null;
                }
            } else if (path.get(i).isEmpty()) {
                return null;
            } else if (catchesRest && i == segments.size() - 1) {
                parameters.add(new Parameter(segment.name(), String.join("/", path.subList(i, path.size()))));
            } else {
                parameters.add(new Parameter(segment.name(), path.get(i)));
            }
        }
        return parameters;
    }
}
