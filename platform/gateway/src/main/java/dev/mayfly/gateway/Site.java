package dev.mayfly.gateway;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Route;
import dev.mayfly.model.StaticFile;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One deployment compiled for looking up paths. Immutable. Files come before functions; among routes the first that matches wins. */
final class Site {
    private final Deployment deployment;
    private final CharSequence id;
    private final Map<String, StaticFile> files = new HashMap<>();
    private final Map<FunctionName, Function> functions = new HashMap<>();
    private final Map<String, Literal> literals = new HashMap<>();
    private final List<RoutePattern> patterns = new ArrayList<>();

    private record Literal(int order, FunctionName function) {}

    Site(Deployment deployment) {
        this.deployment = deployment;
        this.id = HttpHeaders.createOptimized(deployment.id().value());
        deployment.staticFiles().forEach(file -> files.put(file.path(), file));
        deployment.functions().forEach(function -> functions.put(function.name(), function));
        int order = 0;
        for (var route : deployment.routes()) {
            if (RoutePattern.isDynamic(route)) {
                patterns.add(RoutePattern.compile(order, route));
            } else {
                literals.putIfAbsent(route.pattern(), new Literal(order, route.function()));
            }
            order++;
        }
    }

    Deployment deployment() {
        return deployment;
    }

    /** The deployment's id, as a header's value. */
    CharSequence id() {
        return id;
    }

    Resolution resolve(String rawPath) {
        var path = Percent.decode(rawPath);
        if (path != null) {
            var file = file(path);
            if (file != null) {
                return new Resolution.File(file);
            }
        }
        var everything = literals.get(Route.EVERYTHING);
        int best = everything == null ? Integer.MAX_VALUE : everything.order();
        var name = everything == null ? null : everything.function();
        var literal = path == null ? null : literals.get(path);
        if (literal != null && literal.order() < best) {
            best = literal.order();
            name = literal.function();
        }
        List<RoutePattern.Parameter> parameters = List.of();
        if (path != null && !patterns.isEmpty() && patterns.getFirst().order() < best) {
            var segments = segments(rawPath);
            for (var pattern : patterns) {
                if (pattern.order() > best) {
                    break;
                }
                var found = pattern.match(segments);
                if (found != null) {
                    name = pattern.function();
                    parameters = found;
                    break;
                }
            }
        }
        var function = name == null ? null : functions.get(name);
        return function == null ? new Resolution.Nothing() : new Resolution.Call(function, parameters);
    }

    /** Paths that lead somewhere, for whoever is lost; sorted, at most {@code limit}. */
    List<String> paths(int limit) {
        var paths = new TreeSet<String>(files.keySet());
        for (var function : deployment.functions()) {
            shortest(function.name()).ifPresent(paths::add);
        }
        return paths.stream().limit(limit).toList();
    }

    /** The path a function is best called by. */
    String pathOf(FunctionName function) {
        return shortest(function).orElse("/");
    }

    /** A function answers at {@code /api/x}, {@code /api/x/} and {@code /api/x.py}; the shortest is enough to read. */
    private Optional<String> shortest(FunctionName function) {
        return deployment.routes().stream()
                .filter(route -> route.function().equals(function))
                .map(Route::pattern)
                .filter(pattern -> !pattern.equals(Route.EVERYTHING))
                .min(Comparator.comparingInt(String::length));
    }

    /** The project's own page for a path that leads nowhere; null: it has none, or the path is below {@code /api}, where programs call. */
    @Nullable StaticFile notFoundPage(String rawPath) {
        var path = Percent.decode(rawPath);
        boolean api = path != null && (path.equals("/api") || path.startsWith("/api/"));
        return api ? null : files.get("/404.html");
    }

    private @Nullable StaticFile file(String path) {
        var file = files.get(path);
        if (file != null || files.isEmpty()) {
            return file;
        }
        return files.get(path.endsWith("/") ? path + "index.html" : path + "/index.html");
    }

    private static List<String> segments(String rawPath) {
        var parts = rawPath.substring(1).split("/", -1);
        var segments = new ArrayList<String>(parts.length);
        for (var part : parts) {
            var decoded = Percent.decode(part);
            segments.add(decoded == null ? "" : decoded);
        }
        return segments;
    }
}
