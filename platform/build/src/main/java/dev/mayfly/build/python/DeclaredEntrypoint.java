package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An entrypoint that somebody wrote down: {@code main.py}, {@code main.py:name} or {@code package.module:name}.
 *
 * @param symbol empty when only a file is named
 */
record DeclaredEntrypoint(String file, String symbol) {
    static Optional<DeclaredEntrypoint> find(SourceTree tree, String text) {
        int colon = text.indexOf(':');
        var where = (colon < 0 ? text : text.substring(0, colon)).strip();
        var symbol = colon < 0 ? "" : text.substring(colon + 1).strip();
        var path = where.endsWith(".py")
                ? Stream.of(where)
                : Stream.of("", "src/")
                        .map(folder -> folder + where.replace('.', '/'))
                        .flatMap(module -> Stream.of(module + ".py", module + "/__init__.py"));
        return path.filter(tree::has).findFirst().map(file -> new DeclaredEntrypoint(file, symbol));
    }

    static DeclaredEntrypoint require(SourceTree tree, String text) {
        return find(tree, text)
                .orElseThrow(() -> BuildFailure.of(
                        "entrypoint: " + text
                                + " (expected: a Python file of the project, as in main.py or package.module:app)",
                        "correct the entrypoint"));
    }
}
