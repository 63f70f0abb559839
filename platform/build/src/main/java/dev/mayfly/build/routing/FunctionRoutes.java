package dev.mayfly.build.routing;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Route;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The routes of functions that are files below api/, in the order in which they are tried: more segments first, then fewer dynamic ones, then
 * by name. {@code [name]} is one segment of any text, {@code [...name]} one or more.
 */
public final class FunctionRoutes {
    private static final Pattern DYNAMIC = Pattern.compile("\\[(\\.\\.\\.)?([^\\[\\]/]+)\\]");
    private static final String EXTENSION = ".py";
    private static final Comparator<Candidate> ORDER = Comparator.comparingInt((Candidate each) -> -each.segments())
            .thenComparingInt(Candidate::dynamic)
            .thenComparing(each -> each.function().value());

    private FunctionRoutes() {}

    /**
     * The routes of the functions of these files.
     *
     * @throws dev.mayfly.model.ProblemException build_failed when two files claim one path, or a path one name twice
     */
    public static List<Route> of(Collection<String> files) {
        var shapes = new HashMap<String, String>();
        var candidates = new ArrayList<Candidate>();
        for (String file : files) {
            check(file, shapes);
            addTo(candidates, file);
        }
        candidates.sort(ORDER);
        Map<String, Route> routes = new LinkedHashMap<>();
        candidates.stream().filter(each -> !each.index()).forEach(each -> add(routes, each));
        // An index gives way to the file that is named like its folder; its place in the order stays its own.
        candidates.stream().filter(Candidate::index).forEach(each -> add(routes, each));
        return candidates.stream()
                .map(each -> new Route(each.pattern(), each.function()))
                .filter(route -> route.equals(routes.get(route.pattern())))
                .toList();
    }

    private static void add(Map<String, Route> routes, Candidate candidate) {
        routes.putIfAbsent(candidate.pattern(), new Route(candidate.pattern(), candidate.function()));
    }

    private static void addTo(List<Candidate> candidates, String file) {
        var path = "/" + file.substring(0, file.length() - EXTENSION.length());
        var function = new FunctionName(path.substring(1));
        boolean index = path.endsWith("/index");
        if (index) {
            var folder = path.substring(0, path.length() - "/index".length());
            for (String pattern : List.of(folder, folder + "/", path, path + EXTENSION)) {
                candidates.add(new Candidate(pattern, function, true));
            }
            return;
        }
        var last = path.substring(path.lastIndexOf('/') + 1);
        candidates.add(new Candidate(path, function, false));
        candidates.add(new Candidate(path + EXTENSION, function, false));
        if (!DYNAMIC.matcher(last).matches()) {
            candidates.add(new Candidate(path + "/", function, false));
        }
    }

    private static void check(String file, Map<String, String> shapes) {
        var names = new HashSet<String>();
        var shape = new ArrayList<String>();
        var segments = file.substring(0, file.length() - EXTENSION.length()).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            var dynamic = DYNAMIC.matcher(segments[i]);
            if (!dynamic.matches()) {
                shape.add(segments[i]);
                continue;
            }
            if (!names.add(dynamic.group(2))) {
                throw BuildFailure.of(
                        "conflicting_path_segment: " + file + " has the segment [" + dynamic.group(2) + "] twice",
                        "rename one of the two");
            }
            boolean catchAll = dynamic.group(1) != null;
            if (catchAll && i < segments.length - 1) {
                throw BuildFailure.of(
                        file + " has " + segments[i] + " as a folder (expected: as the file's name, the last segment)",
                        "move it to the end");
            }
            shape.add(catchAll ? "[...]" : "[]");
        }
        var other = shapes.putIfAbsent(String.join("/", shape), file);
        if (other != null) {
            throw BuildFailure.of(
                    "conflicting_file_path: " + other + " and " + file + " take the same paths",
                    "rename or remove one of the two");
        }
    }

    private record Candidate(String pattern, FunctionName function, boolean index) {
        int segments() {
            return segmentsOf().length;
        }

        /** How little it says about a path; a catch-all says least. */
        int dynamic() {
            int dynamic = 0;
            for (String segment : segmentsOf()) {
                dynamic += !DYNAMIC.matcher(segment).matches() ? 0 : segment.startsWith("[...") ? 100 : 1;
            }
            return dynamic;
        }

        private String[] segmentsOf() {
            return pattern.substring(1).replaceFirst("/$", "").split("/", -1);
        }
    }
}
