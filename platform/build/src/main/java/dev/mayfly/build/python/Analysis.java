package dev.mayfly.build.python;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the analyzer says about Python files ({@code workers/python/mayfly_analyze.py}). */
record Analysis(Map<String, Report> files, @Nullable List<Missing> missing) {
    private static final Report NOTHING = new Report(List.of(), "no", null);

    /** About one file; nothing is known of a file that was not asked about. */
    Report file(String path) {
        return files.getOrDefault(path, NOTHING);
    }

    /**
     * @param serves {@code no}, {@code guarded} (when run as a program) or {@code unguarded} (whenever it is loaded)
     */
    record Report(
            List<Found> entrypoints,
            String serves,
            @Nullable SyntaxFault syntaxError) {
        boolean servesItself() {
            return !"no".equals(serves);
        }

        boolean servesWhenLoaded() {
            return "unguarded".equals(serves);
        }
    }

    /** @param kind {@code handler} or {@code app} */
    record Found(String kind, String symbol) {}

    /** @param column the first is 1; 0 when it is not known */
    record SyntaxFault(int line, int column, String message, String text) {}

    /** A module that will not be there when {@code file} is loaded. */
    record Missing(String module, String distribution, String file, int line) {}
}
