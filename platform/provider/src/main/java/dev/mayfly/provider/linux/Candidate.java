package dev.mayfly.provider.linux;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What of a function decides whether a process that has loaded its dependencies, but nothing of the function, can become it.
 *
 * @param source its file, in a place that names the content of the whole project
 * @param variables the names of those that it sets
 */
record Candidate(Path source, Set<String> variables) {
    /** Stands for all names, where a process has looked through them. */
    private static final String ALL = "*";
    /** Every function has them, so whoever looks through all names cannot have meant these. */
    private static final Pattern PLATFORMS = Pattern.compile("MAYFLY(_.*)?");

    /**
     * A sentence where it would have imported its dependencies otherwise; empty: it would not.
     *
     * @param lookedUp variables that they have looked up
     */
    String without(Set<String> lookedUp) {
        var names = new TreeSet<>(variables);
        if (lookedUp.contains(ALL)) {
            names.removeIf(name -> PLATFORMS.matcher(name).matches());
        } else {
            names.retainAll(lookedUp);
        }
        return names.isEmpty()
                ? ""
                : "the function sets " + String.join(", ", List.copyOf(names))
                        + ", which its dependencies look up when they are imported";
    }
}
